{{- define "app.name" -}}x{{- end }}
{{- define "app.labels" -}}y{{- end }}
