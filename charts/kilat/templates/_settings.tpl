{{/* Takes root, name, target and facts: the settings of a target that are not secret, as a map. */}}
{{- define "kilat.settings" -}}
{{- $values := .root.Values }}
{{- $fullname := include "kilat.fullname" .root }}
{{- $known := index (.root.Files.Get "files/settings.json" | fromJson) .name }}
{{- $uses := .facts.uses }}
{{- $settings := dict "ADMIN_LISTEN" (printf "%s:9090" $values.listenHost) "LEAVE_SECONDS" 2 }}
{{- with .facts.listen }}{{ $_ := set $settings . (printf "%s:%v" $values.listenHost $.facts.port) }}{{ end }}
{{- with .facts.scratch }}{{ $_ := set $settings . "/scratch" }}{{ end }}
{{- $origins := list (include "kilat.origin" .root) }}
{{- range $values.extraOrigins }}{{ $origins = append $origins (trimSuffix "/" .) }}{{ end }}
{{- if has "origins" $uses }}{{ $_ := set $settings "ALLOWED_ORIGINS" (join "," $origins) }}{{ end }}
{{- if has "proxy" $uses }}{{ $_ := set $settings "TRUST_PROXY" (join "," $values.trustProxy) }}{{ end }}
{{- if has "address" $uses }}{{ $_ := set $settings "PUBLIC_ORIGIN" (include "kilat.origin" .root) }}{{ end }}
{{- if has "upload" $uses }}{{ $_ := set $settings "UPLOAD_URL" (printf "http://%s-upload:8081" $fullname) }}{{ end }}
{{- if has "mail" $uses }}{{ $_ := set $settings "SMTP_FROM" $values.mail.from }}{{ end }}
{{- if has "s3" $uses }}
{{- $endpoint := ternary (printf "http://%s-s3:7070" $fullname) $values.s3.endpoint $values.infra.s3.enabled }}
{{- with $endpoint }}{{ $_ := set $settings "S3_ENDPOINT" . }}{{ end }}
{{- $_ := set $settings "S3_REGION" $values.s3.region }}
{{- $_ := set $settings "S3_BUCKET" $values.s3.bucket }}
{{- $_ := set $settings "S3_FORCE_PATH_STYLE" $values.s3.forcePathStyle }}
{{- if and $values.infra.s3.enabled $values.infra.s3.sync }}
{{- $_ := set $settings "S3_SYNC_FOLDER" "/objects/root" }}
{{- if $values.infra.s3.sidecar }}{{ $_ := set $settings "S3_SYNC_SIDECAR" "/objects/side" }}{{ end }}
{{- end }}
{{- end }}
{{- if has "publicS3" $uses }}{{ with $values.s3.publicEndpoint }}{{ $_ := set $settings "S3_PUBLIC_ENDPOINT" . }}{{ end }}{{ end }}
{{- if has "providers" $uses }}
{{- $_ := set $settings "BACKUP_PROVIDERS" (keys $values.backup.providers | sortAlpha | join ",") }}
{{- range $name, $provider := $values.backup.providers }}
{{- range $key, $value := $provider.config | default dict }}{{ $_ := set $settings (printf "%s%s" (include "kilat.providerPrefix" $name) $key) $value }}{{ end }}
{{- end }}
{{- end }}
{{- range $key, $value := $values.config }}{{ if hasKey $known $key }}{{ $_ := set $settings $key $value }}{{ end }}{{ end }}
{{- range $key, $value := .target.config }}{{ $_ := set $settings $key $value }}{{ end }}
{{- $texts := dict }}
{{- range $key, $value := $settings }}{{ $_ := set $texts $key (include "kilat.text" $value) }}{{ end }}
{{- toYaml $texts }}
{{- end }}

{{/* Takes root and name: the same of a target that need not run. */}}
{{- define "kilat.settingsOf" -}}
{{- include "kilat.settings" (dict "root" .root "name" .name "target" (index .root.Values.targets .name) "facts" (index (include "kilat.facts" .root | fromYaml) .name)) }}
{{- end }}

{{/* Takes a value; YAML's large numbers are floats, which print with an exponent. */}}
{{- define "kilat.text" -}}
{{- if kindIs "float64" . }}{{ if eq . (floor .) }}{{ . | int64 }}{{ else }}{{ . }}{{ end }}{{ else }}{{ . }}{{ end }}
{{- end }}

{{/* Takes facts: the names of the secret settings of a target. */}}
{{- define "kilat.secretNames" -}}
{{- $names := list }}
{{- if has "secret" .facts.uses }}{{ $names = append $names "KILAT_SECRET" }}{{ end }}
{{- if has "database" .facts.uses }}{{ $names = append $names "DATABASE_URL" }}{{ end }}
{{- if has "nats" .facts.uses }}{{ $names = append $names "NATS_URL" }}{{ end }}
{{- if has "redis" .facts.uses }}{{ $names = append $names "REDIS_URL" }}{{ end }}
{{- if has "s3" .facts.uses }}{{ $names = concat $names (list "S3_ACCESS_KEY_ID" "S3_SECRET_ACCESS_KEY") }}{{ end }}
{{- if has "mail" .facts.uses }}{{ $names = append $names "SMTP_URL" }}{{ end }}
{{- if has "providers" .facts.uses }}
{{- range $name, $_ := .root.Values.backup.providers }}{{ range list "ACCESS_KEY_ID" "SECRET_ACCESS_KEY" "KEY" }}{{ $names = append $names (printf "%s%s" (include "kilat.providerPrefix" $name) .) }}{{ end }}{{ end }}
{{- end }}
{{- toYaml $names }}
{{- end }}

{{/* Takes root and names: a hash of what is secret and given or made up here, so that a change rolls the pods. */}}
{{- define "kilat.secretChecksum" -}}
{{- include "kilat.compute" .root }}
{{- $seen := dict }}
{{- range .names }}
{{- with index $.root.Values.computed.given . }}{{ $_ := set $seen (sha256sum .) true }}{{ end }}
{{- with index $.root.Values.computed.refs . }}{{ $_ := set $seen (printf "%s/%s" .name .key) true }}{{ end }}
{{- with index $.root.Values.computed.generated . }}{{ $_ := set $seen (sha256sum .) true }}{{ end }}
{{- end }}
{{- keys $seen | sortAlpha | join "," | sha256sum }}
{{- end }}
