{{/*
The pod of a Job, and what other charts put into theirs:
  initContainers: {{- include "strata.initContainer" CONTEXT | nindent 8 }}   runs args, deploy by default
  initContainers: {{- include "strata.waitContainer" CONTEXT | nindent 8 }}   waits for what another release deploys
  volumes: {{- include "strata.volumes" CONTEXT | nindent 8 }}                of pods with the former
  {{- with include "strata.waitVolumes" CONTEXT }}volumes: {{- . | nindent 8 }}{{ end }}   of pods with the latter alone
CONTEXT is that of this chart: .Subcharts.strata in the chart that depends on it.
*/}}

{{/* A text, or a number as it was written: in a values file it is a float, which would be 1.2e+07. */}}
{{- define "strata.text" -}}
{{- if kindIs "string" . }}{{ . }}{{ else }}{{ toJson . }}{{ end -}}
{{- end }}

{{/*
The variables, each once: extraEnv counts before environment, that before secrets, and that before the chart's own.
What comes from Secrets stands first, so that a value can refer to it: postgres://$(POSTGRES_USER)@...
*/}}
{{- define "strata.env" -}}
{{- $ledger := empty .Values.ledger | ternary "none" "/ledger/ledger.db" -}}
{{- $env := dict "STRATA_IMAGE" (dict "value" (include "strata.image" .)) "STRATA_LEDGER" (dict "value" $ledger) -}}
{{- if include "strata.vaults" . | fromJson -}}
{{- $_ := set $env "STRATA_SECRETS_DIR" (dict "value" "/mnt/secrets") -}}
{{- end -}}
{{- with .Values.database.urlSecret -}}
{{- if .name }}{{ $_ := set $env "DATABASE_URL" (dict "secret" (tpl .name $) "key" .key) }}{{ end -}}
{{- end -}}
{{- with .Values.database.partsSecret -}}
{{- $parts := .name -}}
{{- range $name, $key := .keys -}}
{{- if and $parts $key }}{{ $_ := set $env $name (dict "secret" (tpl $parts $) "key" $key) }}{{ end -}}
{{- end -}}
{{- end -}}
{{- range $name, $secret := .Values.secrets -}}
{{- if not $secret.disabled }}{{ $_ := set $env $name (dict "secret" (tpl $secret.secretRef $ | lower) "key" $secret.key) }}{{ end -}}
{{- end -}}
{{- range $name, $value := .Values.environment -}}
{{- $_ := set $env $name (dict "value" (tpl (include "strata.text" $value) $)) -}}
{{- end -}}
{{- $extra := dict -}}
{{- range $index, $entry := .Values.extraEnv -}}
{{- $_ := set $extra $entry.name $index -}}
{{- $_ := unset $env $entry.name -}}
{{- end -}}
{{- range $index, $entry := .Values.extraEnv }}
{{- if and (eq $index (get $extra $entry.name)) (hasKey $entry "valueFrom") }}
{{ toYaml (list $entry) }}
{{- end }}
{{- end }}
{{- range $name, $entry := $env }}
{{- if hasKey $entry "secret" }}
- name: {{ $name | quote }}
  valueFrom: {secretKeyRef: {name: {{ $entry.secret | quote }}, key: {{ $entry.key | quote }}}}
{{- end }}
{{- end }}
{{- range $name, $entry := $env }}
{{- if hasKey $entry "value" }}
- name: {{ $name | quote }}
  value: {{ $entry.value | quote }}
{{- end }}
{{- end }}
{{- range $index, $entry := .Values.extraEnv }}
{{- if and (eq $index (get $extra $entry.name)) (not (hasKey $entry "valueFrom")) }}
{{ toYaml (list $entry) }}
{{- end }}
{{- end }}
{{- end }}

{{/* A quantity of Kubernetes' as a number: 1500m, 0.5, 512Mi, 1G. */}}
{{- define "strata.number" -}}
{{- $text := include "strata.text" . -}}
{{- $units := dict "n" 1e-9 "u" 1e-6 "m" 1e-3 "k" 1e3 "M" 1e6 "G" 1e9 "T" 1e12 "P" 1e15 "E" 1e18 -}}
{{- $units = merge $units (dict "Ki" 1024 "Mi" 1048576 "Gi" 1073741824 "Ti" 1099511627776 "Pi" 1125899906842624) -}}
{{- $unit := regexFind "[A-Za-z]+$" $text -}}
{{- mulf (trimSuffix $unit $text | float64) (get $units $unit | default 1) -}}
{{- end }}

{{/* A limit below its request, such as the chart's below the user's, would be refused: it is raised. */}}
{{- define "strata.resources" -}}
{{- $resources := deepCopy .Values.resources -}}
{{- range $kind := list "requests" "limits" -}}
{{- range $what := list "cpu" "memory" -}}
{{- with index $.Values (printf "%s%s" $what (title $kind)) -}}
{{- $_ := set $resources $kind (merge (dict $what .) (index $resources $kind | default dict)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- range $what, $limit := $resources.limits -}}
{{- $request := get ($resources.requests | default dict) $what -}}
{{- if and $request (gt (include "strata.number" $request | float64) (include "strata.number" $limit | float64)) -}}
{{- $_ := set $resources.limits $what $request -}}
{{- end -}}
{{- end -}}
{{- toYaml $resources -}}
{{- end }}

{{/* What strata does, as JSON: args, and with a fleet what every pod of it adds. */}}
{{- define "strata.args" -}}
{{- $args := .Values.args | default list -}}
{{- with .Values.fleet -}}
{{- if .secretName }}{{ $args = concat $args (list "--fleet" (printf "/fleet/%s" .key)) }}{{ end -}}
{{- end -}}
{{- toJson $args -}}
{{- end }}

{{/*
And in a pod of the Job: it has an index where it has a share, and is deleted, its log with it, at activeDeadlineSeconds. So a
deploy gives up a lock before, and says who holds it.
*/}}
{{- define "strata.jobArgs" -}}
{{- $args := include "strata.args" . | fromJsonArray -}}
{{- $shards := int .Values.fleet.shards -}}
{{- if and .Values.fleet.secretName (gt $shards 1) }}{{ $args = concat $args (list "--shard" (printf "/%d" $shards)) }}{{ end -}}
{{- if and .Values.lockWait $args (eq (first $args) "deploy") (not (regexMatch "(^| )--lock-wait" (join " " $args))) -}}
{{- $args = concat $args (list "--lock-wait" .Values.lockWait) -}}
{{- end -}}
{{- toJson $args -}}
{{- end }}

{{/* strata.container (list CONTEXT NAME ARGS) */}}
{{- define "strata.container" -}}
{{- $args := index . 2 -}}
{{- $name := index . 1 -}}
{{- with index . 0 -}}
{{- $mounts := list -}}
{{- if .Values.ledger }}{{ $mounts = append $mounts (dict "name" (printf "%s-ledger" (include "strata.part" .)) "mountPath" "/ledger") }}{{ end -}}
{{- range $vault, $info := include "strata.vaults" . | fromJson -}}
{{- $mount := dict "name" (printf "vault-%s" (lower $vault)) "mountPath" (printf "/mnt/secrets/%s" $vault) "readOnly" true -}}
{{- $mounts = append $mounts $mount -}}
{{- end -}}
{{- if .Values.fleet.secretName -}}
{{- $mounts = append $mounts (dict "name" (printf "%s-fleet" (include "strata.part" .)) "mountPath" "/fleet" "readOnly" true) -}}
{{- end -}}
{{- $mounts = concat $mounts (.Values.extraVolumeMounts | default list) -}}
- name: {{ $name }}
  image: {{ include "strata.image" . | quote }}
  imagePullPolicy: {{ .Values.imagePullPolicy }}
  {{- with .Values.command }}
  command:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $args }}
  args:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  env:
    {{- include "strata.env" . | trimPrefix "\n" | nindent 4 }}
  {{- with .Values.envFromSecret }}
  envFrom:
    - secretRef: {name: {{ . | quote }}}
  {{- end }}
  securityContext:
    {{- toYaml .Values.securityContext | nindent 4 }}
  resources:
    {{- include "strata.resources" . | nindent 4 }}
  terminationMessagePolicy: FallbackToLogsOnError
  {{- with $mounts }}
  volumeMounts:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}
{{- end }}

{{- define "strata.initContainer" -}}
{{ include "strata.container" (list . (include "strata.part" .) (include "strata.args" . | fromJsonArray)) }}
{{- end }}

{{/*
Of this context, what a container that waits has. It needs no fleet and no ledger, and `command` is what a deploy runs. With
wait.urlSecret it has no other database: a file of a vault would count before that, and another user's POSTGRES_* beside it are refused.
*/}}
{{- define "strata.waitValues" -}}
{{- $values := merge (dict "fleet" dict "ledger" dict) (omit .Values "command" "fleet" "ledger") -}}
{{- if .Values.wait.urlSecret.name -}}
{{- $naming := "^(DATABASE_URL|STRATA_SECRETS_DIR|POSTGRES_(HOST|PORT|USER|PASSWORD|DATABASE))$" -}}
{{- $environment := dict -}}
{{- range $name, $value := .Values.environment -}}
{{- if not (regexMatch $naming $name) }}{{ $_ := set $environment $name $value }}{{ end -}}
{{- end -}}
{{- $extra := list -}}
{{- range .Values.extraEnv -}}
{{- if not (regexMatch $naming .name) }}{{ $extra = append $extra . }}{{ end -}}
{{- end -}}
{{- $alone := dict "database" (dict "urlSecret" .Values.wait.urlSecret) "environment" $environment "extraEnv" $extra -}}
{{- $values = merge $alone (omit $values "database" "environment" "extraEnv" "keyVaults" "secrets" "envFromSecret") -}}
{{- end -}}
{{- toJson $values -}}
{{- end }}

{{- define "strata.waitContainer" -}}
{{- $context := set (omit . "Values") "Values" (include "strata.waitValues" . | fromJson) -}}
{{- $args := list "wait" "--timeout" (toString .Values.wait.timeout) -}}
{{- with .Values.wait.module }}{{ $args = concat $args (list "--module" .) }}{{ end -}}
{{ include "strata.container" (list $context (printf "%s-wait" (include "strata.part" .)) $args) }}
{{- end }}

{{- define "strata.volumes" -}}
{{- if .Values.ledger -}}
- name: {{ include "strata.part" . }}-ledger
  {{- if .Values.ledger.claimName }}
  persistentVolumeClaim: {claimName: {{ .Values.ledger.claimName | quote }}}
  {{- else }}
  emptyDir: {sizeLimit: {{ include "strata.text" .Values.ledger.sizeLimit | quote }}}
  {{- end }}
{{- end }}
{{- range $vault, $info := include "strata.vaults" . | fromJson }}
- name: "vault-{{ lower $vault }}"
  csi:
    driver: secrets-store.csi.k8s.io
    readOnly: true
    volumeAttributes:
      secretProviderClass: {{ $info.secretProviderClass | default (printf "%s-%s" (include "strata.name" $) (lower $vault)) | quote }}
{{- end }}
{{- if .Values.fleet.secretName }}
- name: {{ include "strata.part" . }}-fleet
  secret: {secretName: {{ tpl .Values.fleet.secretName . | quote }}}
{{- end }}
{{- with .Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Of pods that only wait; nothing where there is neither a vault nor a volume of the user's own. */}}
{{- define "strata.waitVolumes" -}}
{{- include "strata.volumes" (set (omit . "Values") "Values" (include "strata.waitValues" . | fromJson)) | trim -}}
{{- end }}

{{- define "strata.podTemplate" -}}
{{- $labels := merge (include "strata.selectorLabels" . | fromYaml) (.Values.podLabels | default dict) -}}
{{- if include "strata.vaults" . | fromJson -}}
{{- if .Values.useWorkloadIdentity -}}
{{- $labels = merge $labels (dict "azure.workload.identity/use" "true") -}}
{{- else if .Values.aadIdentityName -}}
{{- $labels = merge $labels (dict "aadpodidbinding" .Values.aadIdentityName) -}}
{{- end -}}
{{- end -}}
metadata:
  labels:
    {{- toYaml $labels | nindent 4 }}
  {{- with .Values.podAnnotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  restartPolicy: {{ .Values.restartPolicy }}
  terminationGracePeriodSeconds: {{ int64 .Values.terminationGracePeriodSeconds }}
  serviceAccountName: {{ include "strata.serviceAccountName" . | quote }}
  automountServiceAccountToken: false
  enableServiceLinks: false
  securityContext:
    {{- toYaml .Values.podSecurityContext | nindent 4 }}
  {{- range $field := list "imagePullSecrets" "nodeSelector" "tolerations" "affinity" "priorityClassName" }}
  {{- with index $.Values $field }}
  {{ $field }}:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- end }}
  {{- with .Values.dnsConfig }}
  dnsConfig:
    {{- if hasKey . "ndots" }}
    {{- $options := append (.options | default list) (dict "name" "ndots" "value" (toString .ndots)) }}
    {{- toYaml (set (omit . "ndots") "options" $options) | nindent 4 }}
    {{- else }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- end }}
  containers:
    {{- include "strata.container" (list . (include "strata.part" .) (include "strata.jobArgs" . | fromJsonArray)) | nindent 4 }}
  volumes:
    {{- include "strata.volumes" . | nindent 4 }}
{{- end }}
