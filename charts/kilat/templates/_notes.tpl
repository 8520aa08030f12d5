{{/* What is printed after an install. */}}
{{- define "kilat.notes" -}}
{{- $fullname := include "kilat.fullname" . -}}
{{- $origin := include "kilat.origin" . -}}
{{- $running := include "kilat.running" . | fromYamlArray -}}
{{- $in := printf "-n %s" .Release.Namespace -}}
Kilat {{ .Chart.AppVersion }} is installed as {{ .Release.Name }} in {{ .Release.Namespace }}.

1. Wait until all of it is ready:

     kubectl {{ $in }} rollout status deployment -l app.kubernetes.io/instance={{ .Release.Name }}
{{ if or .Values.ingress.enabled .Values.httpRoute.enabled }}
2. Its address:

     {{ $origin }}
{{ else if .Values.door.enabled }}
2. Its address, {{ $origin }}, once this runs:

     kubectl {{ $in }} port-forward service/{{ $fullname }}-door {{ with (urlParse $origin).host }}{{ if contains ":" . }}{{ splitList ":" . | last }}{{ else }}8080{{ end }}{{ end }}:{{ .Values.door.service.port }}
{{ else }}
2. Nothing leads to it yet: turn on ingress, httpRoute or door.
{{ end }}
{{- with first $running }}
3. The owner's first sign-in, a link that works once:

     echo "{{ $origin }}$(kubectl {{ $in }} exec deployment/{{ $fullname }}-{{ . }} -- kilat owner-link)"
{{ end }}
{{- if include "kilat.isTested" . }}
4. A photo all its way, from the upload to a guest's rendition (it signs in as the owner: a link printed before ends):

     helm test {{ .Release.Name }} {{ $in }}
{{ end }}
{{- if and .Values.infra.s3.enabled (not .Values.infra.s3.sync) }}
The object storage that came with it does not sync what it writes: keep what you cannot take again in another one (s3).
{{- end }}
{{- if .Values.infra.postgres.enabled }}
Nothing backs the database up that came with it.
{{- end }}
{{- end }}
