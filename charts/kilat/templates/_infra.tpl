{{/* What the servers of infra share. */}}

{{/* Takes root, component, name and ports. */}}
{{- define "kilat.infraService" }}
---
apiVersion: v1
kind: Service
metadata: {{- include "kilat.metadata" . | nindent 2 }}
spec:
  selector: {{- include "kilat.selectorLabels" . | nindent 4 }}
  publishNotReadyAddresses: false
  ports:
    {{- range $name, $port := .ports }}
    - {name: {{ $name }}, port: {{ $port }}, targetPort: {{ $name }}}
    {{- end }}
{{- end }}

{{/*
Takes root, component, own, name, ports, the probes ready and alive, and container (command, args); also env, secrets
(variable to key of the generated Secret), config, folders that must be writable besides /data and /tmp, and those that
are made in the volume before.
*/}}
{{- define "kilat.infraSet" }}
{{- $pods := .root.Values.pods }}
{{- $generated := printf "%s-generated" (include "kilat.fullname" .root) }}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {{- include "kilat.metadata" . | nindent 2 }}
spec:
  serviceName: {{ .name }}
  replicas: 1
  selector:
    matchLabels: {{- include "kilat.selectorLabels" . | nindent 6 }}
  template:
    metadata:
      labels: # no version, or each upgrade of Kilat would restart its servers
        {{- include "kilat.selectorLabels" . | nindent 8 }}
        {{- with .root.Values.commonLabels }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      annotations:
        checksum/secret: {{ include "kilat.secretChecksum" (dict "root" .root "names" (values (.secrets | default dict) | sortAlpha)) }}
    spec:
      automountServiceAccountToken: false
      enableServiceLinks: false
      terminationGracePeriodSeconds: {{ .graceSeconds | default 60 }}
      {{- with .root.Values.imagePullSecrets }}
      imagePullSecrets: {{- toYaml . | nindent 8 }}
      {{- end }}
      securityContext: {{- include "kilat.podSecurityContext" (dict "root" .root "context" $pods.podSecurityContext) | nindent 8 }}
      {{- range $key := list "nodeSelector" "tolerations" "affinity" }}
      {{- with index $.own $key }}
      {{ $key }}: {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- end }}
      {{- with .makes }}
      initContainers:
        - name: folders
          image: {{ include "kilat.image" (dict "root" $.root "image" $.root.Values.image) }}
          imagePullPolicy: {{ $.root.Values.image.pullPolicy }}
          command: [node, -e, "for (const folder of process.argv.slice(1)) require('fs').mkdirSync(folder, {recursive: true})"]
          args: {{- toYaml . | nindent 12 }}
          resources: {{- toYaml $.root.Values.migrations.resources | nindent 12 }}
          securityContext: {{- toYaml $pods.securityContext | nindent 12 }}
          volumeMounts:
            - {name: data, mountPath: /data}
      {{- end }}
      containers:
        - name: {{ .component }}
          image: {{ include "kilat.image" (dict "root" .root "image" .own.image) }}
          imagePullPolicy: {{ .own.image.pullPolicy }}
          {{- with .container.command }}
          command: {{- toYaml . | nindent 12 }}
          {{- end }}
          args: {{- toYaml .container.args | nindent 12 }}
          env:
            {{- range $name, $key := .secrets }}
            - name: {{ $name }}
              valueFrom: {secretKeyRef: {name: {{ $generated }}, key: {{ $key }}}}
            {{- end }}
            {{- range $name, $value := .env }}
            - {name: {{ $name }}, value: {{ $value | quote }}}
            {{- end }}
          ports:
            {{- range $name, $port := .ports }}
            - {name: {{ $name }}, containerPort: {{ $port }}}
            {{- end }}
          startupProbe:
            {{- toYaml .ready | nindent 12 }}
            periodSeconds: 2
            failureThreshold: 150
          livenessProbe:
            {{- toYaml .alive | nindent 12 }}
            periodSeconds: 10
            timeoutSeconds: 5
            failureThreshold: 6
          readinessProbe:
            {{- toYaml .ready | nindent 12 }}
            periodSeconds: 5
            timeoutSeconds: 3
          resources: {{- toYaml .own.resources | nindent 12 }}
          securityContext: {{- toYaml $pods.securityContext | nindent 12 }}
          volumeMounts:
            - {name: data, mountPath: /data}
            - {name: tmp, mountPath: /tmp}
            {{- range .folders }}
            - {name: tmp, mountPath: {{ . }}, subPath: run}
            {{- end }}
            {{- if .config }}
            - {name: config, mountPath: /etc/kilat}
            {{- end }}
      volumes:
        - name: tmp
          emptyDir: {sizeLimit: 1Gi}
        {{- if .config }}
        - name: config
          configMap: {name: {{ .name }}}
        {{- end }}
  volumeClaimTemplates:
    - metadata:
        name: data
        labels: {{- include "kilat.selectorLabels" . | nindent 10 }}
      spec:
        accessModes: {{- toYaml .own.persistence.accessModes | nindent 10 }}
        {{- with .own.persistence.storageClass }}
        storageClassName: {{ . }}
        {{- end }}
        resources:
          requests:
            storage: {{ .own.persistence.size }}
{{- end }}
