{{- define "broken.labels" -}}
app: {{ .Chart.Name }}
{{- end }}
{{- define "broken.loop" -}}
{{ include "broken.loop" . }}
{{- end }}
