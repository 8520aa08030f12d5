{{/* Where browsers put photos straight into the bucket; tests hold it against what the client of S3 signs. */}}

{{/* The origin of presigned URLs, where there are any. */}}
{{- define "kilat.bucketOrigin" -}}
{{- $upload := include "kilat.settingsOf" (dict "root" . "name" "upload") | fromYaml }}
{{- $api := include "kilat.settingsOf" (dict "root" . "name" "api") | fromYaml }}
{{- $percent := max (int ($upload.UPLOAD_PRESIGNED_PERCENT | default 0)) (int ($api.UPLOAD_PRESIGNED_PERCENT | default 0)) }}
{{- if gt $percent 0 }}
{{- $region := $upload.S3_REGION }}
{{- $endpoint := $upload.S3_PUBLIC_ENDPOINT | default $upload.S3_ENDPOINT | default (printf "https://s3.%s.%s" $region (include "kilat.amazonDomain" $region)) }}
{{- $url := urlParse $endpoint }}
{{- $isAddress := or (contains "[" $url.host) (regexMatch "^[0-9.]+$" $url.hostname) }}
{{- $isHostName := regexMatch "^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$" $upload.S3_BUCKET }}
{{- $inHost := and (eq $upload.S3_FORCE_PATH_STYLE "false") $isHostName (not $isAddress) }}
{{- $url.scheme }}://{{ if $inHost }}{{ $upload.S3_BUCKET }}.{{ end }}{{ $url.host }}
{{- end }}
{{- end }}

{{/* Takes a region: the domain of Amazon's servers there. */}}
{{- define "kilat.amazonDomain" -}}
{{- $domain := "amazonaws.com" }}
{{- range $prefix, $own := dict "cn-" "amazonaws.com.cn" "eusc-" "amazonaws.eu" "us-iso-" "c2s.ic.gov" "us-isob-" "sc2s.sgov.gov" "eu-isoe-" "cloud.adc-e.uk" "us-isof-" "csp.hci.ic.gov" }}
{{- if hasPrefix $prefix $ }}{{ $domain = $own }}{{ end }}
{{- end }}
{{- $domain }}
{{- end }}
