#!/bin/sh
# Makes the secrets of compose.yaml, each random, and never twice: deploy/.env and deploy/compose/read.key.
# CHANGEME to what your own store of secrets gives for anything but a machine of your own.
set -eu
umask 077
cd "$(dirname "$0")/.."
if [ -e .env ]; then
  echo "deploy/.env is there already: remove it to make new secrets (and the volumes, which know the old ones)" >&2
  exit 1
fi

hex() { od -An -N"$1" -tx1 /dev/urandom | tr -d ' \n'; }
sha256() { printf %s "$1" | sha256sum | cut -d ' ' -f 1; }
# An API key: tgk_<id>_<43 characters of letters, digits, - and _>.
key() { printf 'tgk_%s_%.43s' "$1" "$(hex 32)"; }
entry() { printf '{"id":"%s","name":"%s","digest":"%s","scopes":["%s"]}' "$1" "$1" "$(sha256 "$2")" "$3"; }

writer=$(hex 24) grafana=$(hex 24) analyst=$(hex 24)
ops=$(key ops) prometheus=$(key prometheus)

cat > .env <<END
# Made by deploy/compose/secrets.sh. Keep it out of version control.
# With demo the flights are replayed; empty it to start without them.
COMPOSE_PROFILES=demo
TIDEGAUGE_WRITER_PASSWORD=$writer
TIDEGAUGE_WRITER_PASSWORD_SHA256=$(sha256 "$writer")
TIDEGAUGE_GRAFANA_PASSWORD=$grafana
TIDEGAUGE_GRAFANA_PASSWORD_SHA256=$(sha256 "$grafana")
TIDEGAUGE_ANALYST_PASSWORD=$analyst
TIDEGAUGE_ANALYST_PASSWORD_SHA256=$(sha256 "$analyst")
TIDEGAUGE_GRAFANA_ADMIN_PASSWORD=$(hex 12)
TIDEGAUGE_WEBHOOK_SECRET=whsec_$(hex 32)
TIDEGAUGE_OPS_KEY=$ops
TIDEGAUGE_KEYS='[$(entry ops "$ops" admin),$(entry prometheus "$prometheus" read)]'
END
# Prometheus runs as another user than the one who makes this file, and has to read it.
printf %s "$prometheus" > compose/read.key
chmod 644 compose/read.key
echo "wrote deploy/.env and deploy/compose/read.key; log in to Grafana as admin with TIDEGAUGE_GRAFANA_ADMIN_PASSWORD"
