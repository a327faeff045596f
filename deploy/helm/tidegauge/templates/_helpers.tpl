{{- define "tidegauge.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{- define "tidegauge.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else if contains (include "tidegauge.name" .) .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "tidegauge.name" .) | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "tidegauge.selector" -}}
app.kubernetes.io/name: {{ include "tidegauge.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "tidegauge.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{ include "tidegauge.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: tidegauge
{{- end -}}

{{- define "tidegauge.image" -}}
{{- printf "%s:%s" .Values.image.repository (.Values.image.tag | default .Chart.AppVersion) -}}
{{- end -}}

{{- define "tidegauge.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "tidegauge.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "tidegauge.port" -}}
{{- int (dig "server" "port" 8080 .Values.config) -}}
{{- end -}}

{{- define "tidegauge.modelsConfigMap" -}}
{{- .Values.models.existingConfigMap | default (printf "%s-models" (include "tidegauge.fullname" .)) -}}
{{- end -}}

{{/* tidegauge.yaml: what the values say in the places that the chart owns, around .Values.config. */}}
{{- define "tidegauge.config" -}}
{{- $config := deepCopy .Values.config -}}
{{- $_ := mustMergeOverwrite $config (dict "models" (dict "directory" "/etc/tidegauge/models")) -}}
{{- if eq .Values.mode "server" -}}
{{- $clickhouse := .Values.clickhouse -}}
{{- $store := dict "url" $clickhouse.url "username" $clickhouse.username "database" $clickhouse.database -}}
{{- if $clickhouse.cluster -}}{{- $_ := set $store "cluster" $clickhouse.cluster -}}{{- end -}}
{{- $_ := mustMergeOverwrite $config (dict "store" $store) -}}
{{- else -}}
{{- $_ := mustMergeOverwrite $config (dict "store" (dict "path" "/var/lib/tidegauge/data")) -}}
{{- end -}}
{{ toYaml $config }}
{{- end -}}

{{/* What cannot work is refused here, with words, rather than by a pod that does not start. */}}
{{- define "tidegauge.check" -}}
{{- if and (eq .Values.mode "server") (not .Values.clickhouse.url) -}}
{{- fail "mode server needs clickhouse.url, such as http://clickhouse.clickhouse.svc:8123; mode embedded needs none" -}}
{{- end -}}
{{- if eq .Values.mode "server" -}}
{{- $shared := dig "monitor" "control" "" .Values.config -}}
{{- $several := or (gt (int .Values.monitor.replicas) 1) .Values.monitor.autoscaling.enabled -}}
{{- if and $several (not $shared) -}}
{{- fail "more than one monitor needs config.monitor.control, by which they share the models out: docs/how-to/run-roles-separately.md" -}}
{{- end -}}
{{- if and .Values.ingest.autoscaling.enabled .Values.ingest.keda.enabled -}}
{{- fail "give either ingest.autoscaling or ingest.keda: both would set the number of replicas" -}}
{{- end -}}
{{- if and .Values.ingest.keda.enabled (not .Values.ingest.keda.topics) -}}
{{- fail "ingest.keda.topics: name every topic; a group that has not committed yet is unknown otherwise" -}}
{{- end -}}
{{- if and .Values.ingest.keda.enabled (not (dig "kafka" "clusters" .Values.ingest.keda.cluster "" .Values.config)) -}}
{{- fail "ingest.keda.cluster must be a name under config.kafka.clusters" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* The pod of one workload: a dict of root, name, args, values (of the role) and dataClaim ("" for none). */}}
{{- define "tidegauge.pod" -}}
{{- $root := .root -}}
metadata:
  labels:
    {{- include "tidegauge.labels" $root | nindent 4 }}
    app.kubernetes.io/component: {{ .name }}
    {{- with $root.Values.podLabels }}{{ toYaml . | nindent 4 }}{{ end }}
  annotations:
    # Without the model files: those are read again while the service runs.
    checksum/config: {{ include "tidegauge.config" $root | sha256sum }}
    {{- with .values.podAnnotations }}{{ toYaml . | nindent 4 }}{{ end }}
spec:
  serviceAccountName: {{ include "tidegauge.serviceAccount" $root }}
  automountServiceAccountToken: false
  # Kubernetes would set TIDEGAUGE_… variables for every service of the namespace.
  enableServiceLinks: false
  terminationGracePeriodSeconds: {{ $root.Values.terminationGracePeriodSeconds }}
  {{- with $root.Values.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  {{- with $root.Values.imagePullSecrets }}
  imagePullSecrets: {{- toYaml . | nindent 4 }}
  {{- end }}
  securityContext: {{- toYaml $root.Values.podSecurityContext | nindent 4 }}
  containers:
    - name: tidegauge
      image: {{ include "tidegauge.image" $root | quote }}
      imagePullPolicy: {{ $root.Values.image.pullPolicy }}
      args: {{- toYaml .args | nindent 8 }}
      securityContext: {{- toYaml $root.Values.securityContext | nindent 8 }}
      env:
        - name: TIDEGAUGE_CONFIG
          value: /etc/tidegauge/config/tidegauge.yaml
        {{- if and (eq $root.Values.mode "server") $root.Values.clickhouse.existingSecret }}
        - name: TIDEGAUGE__STORE__PASSWORD
          valueFrom:
            secretKeyRef:
              name: {{ $root.Values.clickhouse.existingSecret }}
              key: {{ $root.Values.clickhouse.passwordKey }}
        {{- end }}
        {{- if $root.Values.auth.existingSecret }}
        - name: TIDEGAUGE__AUTH__KEYS
          valueFrom:
            secretKeyRef:
              name: {{ $root.Values.auth.existingSecret }}
              key: {{ $root.Values.auth.keysKey }}
        {{- end }}
        {{- with $root.Values.extraEnv }}{{ toYaml . | nindent 8 }}{{ end }}
      {{- with $root.Values.extraEnvFrom }}
      envFrom: {{- toYaml . | nindent 8 }}
      {{- end }}
      ports:
        - name: http
          containerPort: {{ include "tidegauge.port" $root }}
      startupProbe:
        httpGet: { path: /health/live, port: http }
        {{- toYaml $root.Values.probes.startup | nindent 8 }}
      livenessProbe:
        httpGet: { path: /health/live, port: http }
        {{- toYaml $root.Values.probes.liveness | nindent 8 }}
      readinessProbe:
        httpGet: { path: /health/ready, port: http }
        {{- toYaml $root.Values.probes.readiness | nindent 8 }}
      lifecycle:
        preStop:
          exec:
            command: [sleep, {{ $root.Values.preStopSeconds | quote }}]
      resources: {{- toYaml .values.resources | nindent 8 }}
      volumeMounts:
        - { name: config, mountPath: /etc/tidegauge/config, readOnly: true }
        - { name: models, mountPath: /etc/tidegauge/models, readOnly: true }
        - { name: tmp, mountPath: /tmp }
        {{- if .dataClaim }}
        - { name: data, mountPath: /var/lib/tidegauge/data }
        {{- end }}
        {{- with $root.Values.extraVolumeMounts }}{{ toYaml . | nindent 8 }}{{ end }}
  volumes:
    - name: config
      configMap: { name: {{ include "tidegauge.fullname" $root }} }
    - name: models
      configMap: { name: {{ include "tidegauge.modelsConfigMap" $root }} }
    - name: tmp
      emptyDir: {}
    {{- if and .dataClaim (ne .dataClaim "template") }}
    - name: data
      persistentVolumeClaim: { claimName: {{ .dataClaim }} }
    {{- end }}
    {{- with $root.Values.extraVolumes }}{{ toYaml . | nindent 4 }}{{ end }}
  {{- with .values.nodeSelector }}
  nodeSelector: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .values.tolerations }}
  tolerations: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .values.affinity }}
  affinity: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- if .values.topologySpreadConstraints }}
  topologySpreadConstraints:
    {{- range .values.topologySpreadConstraints }}
    - {{- toYaml . | nindent 6 }}
      {{- if not .labelSelector }}
      labelSelector:
        matchLabels:
          {{- include "tidegauge.selector" $root | nindent 10 }}
          app.kubernetes.io/component: {{ $.name }}
      {{- end }}
    {{- end }}
  {{- end }}
{{- end -}}
