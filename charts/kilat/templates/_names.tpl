{{/* Names, labels and images. */}}

{{- define "kilat.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" }}
{{- end }}

{{- define "kilat.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" }}
{{- else if contains (include "kilat.name" .) .Release.Name }}
{{- .Release.Name | trunc 40 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name (include "kilat.name" .) | trunc 40 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{/* Takes root and component; selectors must never change, so that they carry no version. */}}
{{- define "kilat.selectorLabels" -}}
app.kubernetes.io/name: {{ include "kilat.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{/* Takes root and component. */}}
{{- define "kilat.labels" -}}
{{ include "kilat.selectorLabels" . }}
app.kubernetes.io/part-of: kilat
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- with .root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Takes root, name, component and further annotations; the metadata of an object. */}}
{{- define "kilat.metadata" -}}
name: {{ .name }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "kilat.labels" . | nindent 2 }}
  {{- with .labels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with merge (dict) (.annotations | default dict) .root.Values.commonAnnotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* Takes root and component. */}}
{{- define "kilat.componentName" -}}
{{ include "kilat.fullname" .root }}-{{ .component }}
{{- end }}

{{/* Takes root and image; the tag is the chart's appVersion unless told. */}}
{{- define "kilat.image" -}}
{{- $repository := .image.repository }}
{{- with .root.Values.imageRegistry }}{{ $repository = printf "%s/%s" (trimSuffix "/" .) $repository }}{{ end }}
{{- if .image.digest }}{{ $repository }}@{{ .image.digest }}{{ else }}{{ $repository }}:{{ default .root.Chart.AppVersion .image.tag }}{{ end }}
{{- end }}

{{- define "kilat.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}{{ default (include "kilat.fullname" .) .Values.serviceAccount.name }}{{ else }}{{ default "default" .Values.serviceAccount.name }}{{ end }}
{{- end }}

{{- define "kilat.origin" -}}
{{ trimSuffix "/" .Values.origin }}
{{- end }}

{{/* The host of the origin, without its port. */}}
{{- define "kilat.host" -}}
{{- (urlParse .Values.origin).hostname }}
{{- end }}
