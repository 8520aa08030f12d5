{{/* What the pods of targets, web and the door share, and of it the Jobs of the schema and the test. */}}

{{/* Takes root, component and own: a target, web or the door; what its own values lack, `pods` has. */}}
{{- define "kilat.podValues" -}}
{{- $own := pick .own "annotations" "labels" "nodeSelector" "tolerations" "affinity" "priorityClassName" "runtimeClassName" "volumes" "volumeMounts" "topologySpread" "preStopSeconds" "podSecurityContext" "securityContext" "startupProbe" "livenessProbe" "readinessProbe" }}
{{- toYaml (mergeOverwrite (deepCopy .root.Values.pods) (deepCopy $own)) }}
{{- end }}

{{/* Takes root and context; user and groups belong to OpenShift where that is what runs. */}}
{{- define "kilat.podSecurityContext" -}}
{{- $context := .context }}
{{- if .root.Capabilities.APIVersions.Has "security.openshift.io/v1" }}{{ $context = omit $context "runAsUser" "runAsGroup" "fsGroup" }}{{ end }}
{{- toYaml $context }}
{{- end }}

{{/* Takes root and pod: the part of a pod's spec that says where it may run, as what. */}}
{{- define "kilat.placement" -}}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .root.Values.imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
securityContext: {{- include "kilat.podSecurityContext" (dict "root" .root "context" .pod.podSecurityContext) | nindent 2 }}
{{- with .pod.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .pod.runtimeClassName }}
runtimeClassName: {{ . }}
{{- end }}
{{- with .pod.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .pod.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .pod.affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* Takes root, component and pod: who the pods of a Deployment are, and how they are spread. */}}
{{- define "kilat.replicaPlacement" -}}
serviceAccountName: {{ include "kilat.serviceAccountName" .root }}
{{ include "kilat.placement" . }}
{{- if .pod.topologySpread.enabled }}
topologySpreadConstraints:
  {{- range .pod.topologySpread.topologyKeys }}
  - maxSkew: 1
    topologyKey: {{ . }}
    whenUnsatisfiable: {{ $.pod.topologySpread.whenUnsatisfiable }}
    labelSelector:
      matchLabels: {{- include "kilat.selectorLabels" $ | nindent 8 }}
    matchLabelKeys: [pod-template-hash]
  {{- end }}
{{- end }}
{{- end }}

{{/* Takes pod and what the probes ask: whether it is alive (at first: has started), whether it is ready for work. */}}
{{- define "kilat.probes" -}}
startupProbe:
  {{- toYaml .alive | nindent 2 }}
  {{- toYaml .pod.startupProbe | nindent 2 }}
livenessProbe:
  {{- toYaml .alive | nindent 2 }}
  {{- toYaml .pod.livenessProbe | nindent 2 }}
readinessProbe:
  {{- toYaml .ready | nindent 2 }}
  {{- toYaml .pod.readinessProbe | nindent 2 }}
{{- with .pod.preStopSeconds }}
lifecycle:
  preStop:
    sleep: {seconds: {{ . }}}
{{- end }}
{{- end }}

{{/* Takes root, component and own: replicas, unless something scales it, and how a rollout goes. */}}
{{- define "kilat.rollout" -}}
{{- if not ((.own.autoscaling | default dict).enabled) }}
replicas: {{ .own.replicas }}
{{- end }}
revisionHistoryLimit: 3
strategy:
  type: RollingUpdate
  rollingUpdate: {maxUnavailable: 0, maxSurge: 1}
selector:
  matchLabels: {{- include "kilat.selectorLabels" . | nindent 4 }}
{{- end }}

{{/* Takes root, pod and env: the init container of a target that waits for the schema. */}}
{{- define "kilat.waitForSchema" -}}
- name: schema
  image: {{ include "kilat.image" (dict "root" .root "image" .root.Values.image) }}
  imagePullPolicy: {{ .root.Values.image.pullPolicy }}
  args: [migrate, --wait]
  env:
    {{- include "kilat.secretEnv" (dict "root" .root "names" (list "DATABASE_URL")) | nindent 4 }}
    {{- with .env }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  resources: {{- toYaml .root.Values.migrations.resources | nindent 4 }}
  securityContext: {{- toYaml .pod.securityContext | nindent 4 }}
  volumeMounts:
    - {name: tmp, mountPath: /tmp}
    {{- with .pod.volumeMounts }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end }}
