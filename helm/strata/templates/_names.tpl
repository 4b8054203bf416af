{{/* What objects are called and marked with. */}}

{{/*
At most 48 characters: a plain Job adds 11, and the host of an Indexed Job's pod up to 4, to the 63 that there are.
A name that had to be changed ends with its digest, so that two that are not the same stay two.
*/}}
{{- define "strata.name" -}}
{{- $given := tpl (.Values.releaseNameOverride | default (printf "%s-%s" .Release.Name .Chart.Name)) . | lower -}}
{{- $name := regexReplaceAll "[^a-z0-9-]+" $given "-" | trunc 48 | trimAll "-" -}}
{{- if ne $name $given -}}
{{- $name = printf "%s-%s" (trunc 39 $name | trimSuffix "-") (sha256sum $given | trunc 8) | trimPrefix "-" -}}
{{- end -}}
{{- $name -}}
{{- end }}

{{/* Of containers and their volumes: `strata`, or the alias under which a chart has this one once more. */}}
{{- define "strata.part" -}}
{{- regexReplaceAll "[^a-z0-9-]+" (lower .Chart.Name) "-" | trunc 40 | trimAll "-" -}}
{{- end }}

{{- define "strata.image" -}}
{{- with required "image: name the one with your modules, for example registry.example/shop/strata:1.4.0" .Values.image -}}
{{- if kindIs "string" . }}{{ . }}{{ else }}{{ .repository }}{{ with .tag }}:{{ . }}{{ end }}{{ with .digest }}@{{ . }}{{ end }}{{ end -}}
{{- end -}}
{{- end }}

{{- define "strata.selectorLabels" -}}
app.kubernetes.io/name: strata
app.kubernetes.io/instance: {{ include "strata.name" . | quote }}
{{- end }}

{{- define "strata.labels" -}}
{{ include "strata.selectorLabels" . }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimAll "-_." }}
{{- end }}

{{/*
strata.order (list CONTEXT OFFSET): when an object comes. A hook needs what it refers to as hooks of lower weight. Only
before-hook-creation: what ran stays for its log, and is in nobody's way the next time.
*/}}
{{- define "strata.order" -}}
{{- $root := index . 0 -}}
{{- $offset := index . 1 -}}
{{- if eq $root.Values.mode "hook" }}
helm.sh/hook: pre-install,pre-upgrade
helm.sh/hook-weight: {{ add $root.Values.hook.weight $offset | quote }}
helm.sh/hook-delete-policy: before-hook-creation
{{- if not $offset }}
helm.sh/hook-output-log-policy: hook-succeeded,hook-failed
{{- end }}
{{- end }}
{{- with $root.Values.argocd }}
{{- if and .phase (eq $root.Values.mode "hook") }}
argocd.argoproj.io/hook: {{ .phase }}
argocd.argoproj.io/hook-delete-policy: BeforeHookCreation
{{- end }}
{{- if or .phase .wave }}
argocd.argoproj.io/sync-wave: {{ add .wave $offset | quote }}
{{- end }}
{{- end }}
{{- end }}

{{/* strata.metadata (list CONTEXT OFFSET NAME ANNOTATIONS): of an object; OFFSET as above, ANNOTATIONS are its own. */}}
{{- define "strata.metadata" -}}
{{- $root := index . 0 -}}
metadata:
  name: {{ index . 2 | quote }}
  namespace: {{ $root.Release.Namespace | quote }}
  labels:
    {{- include "strata.labels" $root | nindent 4 }}
  {{- with merge (include "strata.order" (list $root (index . 1)) | fromYaml) (index . 3) }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}

{{/* The account of the pod. Azure's workload identity is bound to the one that is called like the namespace. */}}
{{- define "strata.serviceAccountName" -}}
{{- if .Values.customServiceAccountName -}}
{{ .Values.customServiceAccountName }}
{{- else if .Values.serviceAccount.name -}}
{{ .Values.serviceAccount.name }}
{{- else if and .Values.saEnabled (include "strata.vaults" . | fromJson) -}}
{{ .Release.Namespace }}
{{- else if .Values.serviceAccount.create -}}
{{ include "strata.name" . }}
{{- else -}}
default
{{- end -}}
{{- end }}

{{/* The vaults that are on, as JSON. Their names are Azure's, where case is free; those of objects and volumes are lower-cased. */}}
{{- define "strata.vaults" -}}
{{- $vaults := dict -}}
{{- $global := .Values.global | default dict -}}
{{- if and (not .Values.disableKeyVaults) (ne (toString $global.enableKeyVaults) "false") -}}
{{- range $vault, $info := .Values.keyVaults -}}
{{- if not $info.disabled -}}{{- $_ := set $vaults $vault $info -}}{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson $vaults -}}
{{- end }}
