{{- define "app.na§me" -}}{{ .Values.image.tag }}{{- end }}
