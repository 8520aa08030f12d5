{{/*
What the chart must know of the code; tests hold it against `kilat env` and against @kilat/contract.

port and listen: where the target serves. scratch: the setting of its folder. uses: the servers and secrets that it is
given. consumers: the durables that it works off.
*/}}
{{- define "kilat.facts" -}}
upload:
  port: 8081
  listen: UPLOAD_LISTEN
  scratch: SPOOL_DIR
  uses: [secret, origins, proxy, database, nats, redis, s3, publicS3]
api:
  port: 8082
  listen: API_LISTEN
  uses: [secret, origins, proxy, database, nats, redis, upload]
live:
  port: 8083
  listen: LIVE_LISTEN
  uses: [secret, origins, proxy, database, nats]
media:
  port: 8084
  listen: MEDIA_LISTEN
  uses: [secret, origins, proxy, database, nats, s3]
relay:
  uses: [database, nats]
thumbnail:
  scratch: THUMBNAIL_FOLDER
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

{{/* The targets that run: enabled, and for backup with a place for copies. */}}
{{- define "kilat.running" -}}
{{- $running := list }}
{{- range $name, $target := .Values.targets }}
{{- if and $target.enabled (or (ne $name "backup") $.Values.backup.providers) }}{{ $running = append $running $name }}{{ end }}
{{- end }}
{{- toYaml $running }}
{{- end }}
