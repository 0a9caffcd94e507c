#!/usr/bin/env bash
# How many requests tidings answers, as a ratio to nginx serving the same file on the same machine in the same run: 304, and 200 with gzip.
# Needs wrk, nginx and curl (`apt-get install wrk nginx-light curl`), and a release build. SECONDS_EACH=5 ROUNDS=3 CONNECTIONS=64 may be set.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=${SECONDS_EACH:-5}
rounds=${ROUNDS:-3}
connections=${CONNECTIONS:-64}
tidings=${TIDINGS:-target/release/tidings}

for command in wrk nginx curl python3; do
  command -v "$command" >/dev/null || { echo "benches/serve.sh: $command is missing; as root: apt-get install wrk nginx-light curl" >&2; exit 1; }
done
[[ -x $tidings ]] || { echo "benches/serve.sh: $tidings is missing; cargo build --release makes it" >&2; exit 1; }
tidings=$(realpath "$tidings")

dir=$(mktemp -d)
pids=()
cleanup() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null || true; done
  rm -rf "$dir"
}
trap cleanup EXIT

read -r port nginx_port < <(python3 - <<'PY'
import socket
sockets = [socket.socket() for _ in range(2)]
for s in sockets: s.bind(("127.0.0.1", 0))
print(*(s.getsockname()[1] for s in sockets))
PY
)

# A feed of a hundred items, about 100 kB.
python3 - "$dir/source.xml" <<'PY'
import random, sys
random.seed(7)
words = "leaders meet port budget storm talks minister harbour court rail exports summit council vote river bridge school energy market island".split()
text = lambda count: " ".join(random.choice(words) for _ in range(count))
items = "".join(
    f"<item><title>{text(9).capitalize()} {n}</title><link>https://news.example/{n}</link><guid isPermaLink='false'>n{n}</guid>"
    f"<pubDate>Thu, 30 Oct 2025 {n // 60:02}:{n % 60:02}:00 +0000</pubDate><description>{text(70).capitalize()}.</description></item>"
    for n in range(100))
open(sys.argv[1], "w").write(f"<?xml version='1.0'?><rss version='2.0'><channel><title>Daily</title><link>https://news.example/</link><description>d</description>{items}</channel></rss>")
PY
cat >"$dir/feeds.toml" <<TOML
[publish]
base_url = "http://127.0.0.1:$port/"
[server]
listen = "127.0.0.1:$port"
[stories]
encoder = "off"
[fetch]
every = "1h"
[[source]]
key = "daily"
url = "file:$dir/source.xml"
[[feed]]
name = "all"
merge = "none"
limit = 100
TOML
export TIDINGS_NOW=2025-10-30T12:00:00Z
(cd "$dir" && "$tidings" once >/dev/null)
(cd "$dir" && exec "$tidings" serve) >"$dir/tidings.log" 2>&1 &
pids+=($!)
url=http://127.0.0.1:$port/feeds/all.rss
curl --silent --fail --retry 50 --retry-connrefused --retry-delay 1 --output /dev/null "$url"

# nginx at its best for a file: as many workers as cores, the open file and its packed form kept, no log. The packed form is tidings' own.
mkdir -p "$dir/www/feeds" "$dir/nginx"
cp "$dir/public/all.rss" "$dir/www/feeds/all.rss"
curl --silent --header 'Accept-Encoding: gzip' --output "$dir/www/feeds/all.rss.gz" "$url"
touch -r "$dir/www/feeds/all.rss" "$dir/www/feeds/all.rss.gz"
cat >"$dir/nginx/nginx.conf" <<CONF
daemon off;
master_process on;
worker_processes auto;
pid $dir/nginx/pid;
error_log $dir/nginx/error.log;
events { worker_connections 4096; }
http {
  access_log off;
  sendfile on;
  tcp_nopush on;
  tcp_nodelay on;
  keepalive_requests 1000000000;
  open_file_cache max=100;
  open_file_cache_valid 60s;
  client_body_temp_path $dir/nginx/body;
  proxy_temp_path $dir/nginx/proxy;
  fastcgi_temp_path $dir/nginx/fastcgi;
  types { application/rss+xml rss; }
  charset utf-8;
  server {
    listen 127.0.0.1:$nginx_port backlog=1024;
    root $dir/www;
    gzip_static on;
    gzip_vary on;
    etag on;
    add_header Cache-Control "public, max-age=900";
  }
}
CONF
[[ $EUID == 0 ]] && { printf 'user root;\n'; cat "$dir/nginx/nginx.conf"; } >"$dir/nginx/root.conf" || cp "$dir/nginx/nginx.conf" "$dir/nginx/root.conf"
nginx -p "$dir/nginx" -c "$dir/nginx/root.conf" -e "$dir/nginx/error.log" &
pids+=($!)
nginx_url=http://127.0.0.1:$nginx_port/feeds/all.rss
curl --silent --fail --retry 50 --retry-connrefused --retry-delay 1 --output /dev/null "$nginx_url"

tag_of() { curl --silent --head --header 'Accept-Encoding: gzip' "$1" | tr -d '\r' | sed -n 's/^[Ee][Tt]ag: //p'; }
status_of() { curl --silent --output /dev/null --write-out '%{http_code} %{size_download}' --header 'Accept-Encoding: gzip' "$@"; }
tag=$(tag_of "$url")
nginx_tag=$(tag_of "$nginx_url")

# Both answer alike before anything is measured.
have="$(status_of "$url") / $(status_of --header "If-None-Match: $tag" "$url")"
want="$(status_of "$nginx_url") / $(status_of --header "If-None-Match: $nginx_tag" "$nginx_url")"
[[ $have == "$want" ]] || { echo "benches/serve.sh: tidings answers $have, nginx $want" >&2; exit 1; }

# Requests a second of a run.
run() { wrk --threads 1 --connections "$connections" --duration "${seconds}s" --header 'Accept-Encoding: gzip' "$@" | sed -n 's/^Requests\/sec: *//p'; }
best() { sort -g | tail -n 1; }

: >"$dir/figures"
for _ in $(seq "$rounds"); do
  echo "200 nginx $(run "$nginx_url")" >>"$dir/figures"
  echo "200 tidings $(run "$url")" >>"$dir/figures"
  echo "304 nginx $(run --header "If-None-Match: $nginx_tag" "$nginx_url")" >>"$dir/figures"
  echo "304 tidings $(run --header "If-None-Match: $tag" "$url")" >>"$dir/figures"
done
figure() { sed -n "s/^$1 $2 //p" "$dir/figures" | best; }

printf 'all.rss: %s bytes, %s packed; %s connections, best of %s runs of %s s\n' \
  "$(stat -c %s "$dir/www/feeds/all.rss")" "$(stat -c %s "$dir/www/feeds/all.rss.gz")" "$connections" "$rounds" "$seconds"
for status in 200 304; do
  python3 - "$status" "$(figure "$status" tidings)" "$(figure "$status" nginx)" <<'PY'
import sys
status, tidings, nginx = sys.argv[1], float(sys.argv[2]), float(sys.argv[3])
words = "200 with gzip" if status == "200" else "304"
print(f"{words:14} tidings {tidings:9,.0f}/s  nginx {nginx:9,.0f}/s  ratio {tidings / nginx:.2f} (aim: at least 0.80)")
PY
done
