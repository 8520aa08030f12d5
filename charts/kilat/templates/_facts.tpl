{{/*
What the chart must know of the code; tests hold it against `kilat env` and against @kilat/contract.

port and listen: where the target serves. scratch: the setting of its folder. uses: the servers and secrets that it is
given. consumers: the durables that it works off. drain: the settings that say how long it may still take when told
to end, each with the seconds before (LEAVE_SECONDS) and after, of which the longest counts.
*/}}
{{- define "kilat.facts" -}}
upload:
  port: 8081
  listen: UPLOAD_LISTEN
  scratch: SPOOL_DIR
  drain: {UPLOAD_DRAIN_SECONDS: 2, UPLOAD_BATCH_SECONDS: 17}
  uses: [secret, origins, proxy, database, nats, redis, s3, publicS3]
api:
  port: 8082
  listen: API_LISTEN
  drain: {UPLOAD_BATCH_SECONDS: 17}
  uses: [secret, origins, proxy, database, nats, redis, upload]
live:
  port: 8083
  listen: LIVE_LISTEN
  drain: {LIVE_GRACE_SECONDS: 13}
  uses: [secret, origins, proxy, database, nats]
media:
  port: 8084
  listen: MEDIA_LISTEN
  drain: {MEDIA_DRAIN_SECONDS: 2}
  uses: [secret, origins, proxy, database, nats, s3]
relay:
  uses: [database, nats]
thumbnail:
  scratch: THUMBNAIL_FOLDER
  drain: {THUMBNAIL_TIMEOUT_SECONDS: 2}
  uses: [database, nats, s3]
  consumers:
    - {stream: WORK, name: thumbnail-live}
    - {stream: WORK, name: thumbnail-bulk}
backup:
  uses: [database, nats, s3, providers]
  consumers:
    - {stream: WORK, name: backup-live}
    - {stream: WORK, name: backup-bulk}
notify:
  uses: [secret, address, mail, database, nats]
  consumers:
    - {stream: JOURNAL, name: notify}
{{- end }}

{{/* The paths of the one origin and who serves each. */}}
{{- define "kilat.routes" -}}
/api: {component: api, port: 8082}
/files: {component: upload, port: 8081}
/live: {component: live, port: 8083}
/media: {component: media, port: 8084}
/: {component: web, port: 3000}
{{- end }}

{{/* Those of the paths whose servers run. */}}
{{- define "kilat.servedRoutes" -}}
{{- $running := include "kilat.running" . | fromYamlArray }}
{{- if .Values.web.enabled }}{{ $running = append $running "web" }}{{ end }}
{{- $served := dict }}
{{- range $path, $to := include "kilat.routes" . | fromYaml }}{{ if has $to.component $running }}{{ $_ := set $served $path $to }}{{ end }}{{ end }}
{{- toYaml $served }}
{{- end }}

{{/* How long web and the door may still take when they are told to end, in seconds. */}}
{{- define "kilat.pagesDrainSeconds" }}20{{ end }}

{{/* The targets that run: enabled, and for backup with a place for copies. */}}
{{- define "kilat.running" -}}
{{- $running := list }}
{{- range $name, $target := .Values.targets }}
{{- if and $target.enabled (or (ne $name "backup") $.Values.backup.providers) }}{{ $running = append $running $name }}{{ end }}
{{- end }}
{{- toYaml $running }}
{{- end }}

{{/* Says yes where `helm test` is wanted and all runs that a photo passes. */}}
{{- define "kilat.isTested" -}}
{{- $running := include "kilat.running" . | fromYamlArray }}
{{- $isTested := .Values.tests.enabled }}
{{- range list "api" "upload" "relay" "live" "thumbnail" "media" }}{{ if not (has . $running) }}{{ $isTested = false }}{{ end }}{{ end }}
{{- if $isTested }}yes{{ end }}
{{- end }}

{{/* The targets that run and may not be scaled to none, as a pattern. */}}
{{- define "kilat.steady" -}}
{{- $steady := list }}
{{- range $name := include "kilat.running" . | fromYamlArray }}
{{- $target := index $.Values.targets $name }}
{{- $scaling := $target.autoscaling | default dict }}
{{- if gt (int (ternary $scaling.minReplicas $target.replicas ($scaling.enabled | default false))) 0 }}{{ $steady = append $steady $name }}{{ end }}
{{- end }}
{{- join "|" $steady }}
{{- end }}
