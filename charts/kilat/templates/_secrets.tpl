{{/*
Works out, once for each rendering, what is secret:
  computed.generated  what is made up at the first install and kept over upgrades
  computed.given      what values carry, and URLs made of both
  computed.refs       for each secret setting the Secret and the key that have it
*/}}
{{- define "kilat.compute" -}}
{{- if not (hasKey .Values "computed") }}
{{- $values := .Values }}
{{- $fullname := include "kilat.fullname" . }}
{{- $generatedName := printf "%s-generated" $fullname }}
{{- $generated := dict }}
{{- range $key, $value := (lookup "v1" "Secret" .Release.Namespace $generatedName).data | default dict }}
{{- $_ := set $generated $key ($value | b64dec) }}
{{- end }}
{{- $wanted := dict "KILAT_SECRET" (not (or $values.secret.value $values.secret.existingSecret)) "POSTGRES_PASSWORD" $values.infra.postgres.enabled "REDIS_PASSWORD" $values.infra.redis.enabled "NATS_PASSWORD" $values.infra.nats.enabled "S3_SECRET_ACCESS_KEY" $values.infra.s3.enabled }}
{{- range $key, $isWanted := $wanted }}
{{- if and $isWanted (not (hasKey $generated $key)) }}{{ $_ := set $generated $key (ternary (randAlphaNum 48) $values.infra.password (or (eq $key "KILAT_SECRET") (not $values.infra.password))) }}{{ end }}
{{- end }}
{{- $given := dict }}
{{- $refs := dict }}

{{- if $values.secret.existingSecret }}{{ $_ := set $refs "KILAT_SECRET" (dict "name" $values.secret.existingSecret "key" $values.secret.existingSecretKey) }}
{{- else if $values.secret.value }}{{ $_ := set $given "KILAT_SECRET" $values.secret.value }}
{{- else }}{{ $_ := set $refs "KILAT_SECRET" (dict "name" $generatedName "key" "KILAT_SECRET") }}{{ end }}

{{- if $values.infra.postgres.enabled }}{{ $_ := set $given "DATABASE_URL" (printf "postgres://kilat:%s@%s-postgres:5432/kilat" $generated.POSTGRES_PASSWORD $fullname) }}
{{- else if $values.database.existingSecret }}{{ $_ := set $refs "DATABASE_URL" (dict "name" $values.database.existingSecret "key" $values.database.existingSecretKey) }}
{{- else }}{{ $_ := set $given "DATABASE_URL" $values.database.url }}{{ end }}

{{- if $values.infra.nats.enabled }}{{ $_ := set $given "NATS_URL" (printf "nats://kilat:%s@%s-nats:4222" $generated.NATS_PASSWORD $fullname) }}
{{- else if $values.nats.existingSecret }}{{ $_ := set $refs "NATS_URL" (dict "name" $values.nats.existingSecret "key" $values.nats.existingSecretKey) }}
{{- else }}{{ $_ := set $given "NATS_URL" $values.nats.url }}{{ end }}

{{- if $values.infra.redis.enabled }}{{ $_ := set $given "REDIS_URL" (printf "redis://:%s@%s-redis:6379" $generated.REDIS_PASSWORD $fullname) }}
{{- else if $values.redis.existingSecret }}{{ $_ := set $refs "REDIS_URL" (dict "name" $values.redis.existingSecret "key" $values.redis.existingSecretKey) }}
{{- else if $values.redis.url }}{{ $_ := set $given "REDIS_URL" $values.redis.url }}{{ end }}

{{- if $values.infra.s3.enabled }}
{{- $_ := set $given "S3_ACCESS_KEY_ID" "kilat" }}
{{- $_ := set $refs "S3_SECRET_ACCESS_KEY" (dict "name" $generatedName "key" "S3_SECRET_ACCESS_KEY") }}
{{- else if $values.s3.existingSecret }}
{{- $_ := set $refs "S3_ACCESS_KEY_ID" (dict "name" $values.s3.existingSecret "key" $values.s3.accessKeyIdKey) }}
{{- $_ := set $refs "S3_SECRET_ACCESS_KEY" (dict "name" $values.s3.existingSecret "key" $values.s3.secretAccessKeyKey) }}
{{- else }}
{{- $_ := set $given "S3_ACCESS_KEY_ID" $values.s3.accessKeyId }}
{{- $_ := set $given "S3_SECRET_ACCESS_KEY" $values.s3.secretAccessKey }}
{{- end }}

{{- if $values.mail.existingSecret }}{{ $_ := set $refs "SMTP_URL" (dict "name" $values.mail.existingSecret "key" $values.mail.existingSecretKey) }}
{{- else if $values.mail.url }}{{ $_ := set $given "SMTP_URL" $values.mail.url }}{{ end }}

{{- range $name, $provider := $values.backup.providers }}
{{- $prefix := include "kilat.providerPrefix" $name }}
{{- $keys := ternary (list "KEY") (list "ACCESS_KEY_ID" "SECRET_ACCESS_KEY") (eq "drive" ((($provider.config).KIND) | default "s3")) }}
{{- range $key := $keys }}
{{- if $provider.existingSecret }}{{ $_ := set $refs (printf "%s%s" $prefix $key) (dict "name" $provider.existingSecret "key" $key) }}
{{- else }}{{ $_ := set $given (printf "%s%s" $prefix $key) (index ($provider.secrets | default dict) $key | default "") }}{{ end }}
{{- end }}
{{- end }}

{{- range $key, $_ := $given }}{{ $_ := set $refs $key (dict "name" $fullname "key" $key) }}{{ end }}
{{- $_ := set .Values "computed" (dict "generated" $generated "given" $given "refs" $refs) }}
{{- end }}
{{- end }}

{{- define "kilat.providerPrefix" -}}
BACKUP_{{ . | upper | replace "-" "_" }}_
{{- end }}

{{/* Takes root and the names of secret settings; those that there are, as variables. */}}
{{- define "kilat.secretEnv" -}}
{{- include "kilat.compute" .root }}
{{- range $name := .names }}
{{- with index $.root.Values.computed.refs $name }}
- name: {{ $name }}
  valueFrom: {secretKeyRef: {name: {{ .name }}, key: {{ .key }}}}
{{- end }}
{{- end }}
{{- end }}
