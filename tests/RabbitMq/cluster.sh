#!/usr/bin/env bash
# A RabbitMQ cluster on this machine, on the loopback interface only, and nothing of it outside its folder.
#   cluster.sh start FOLDER [NODES]   starts it (3 nodes, or so many), and says in FOLDER/endpoints how it is reached once it can be used; FOLDER/node1.pid … are its processes
#   cluster.sh eval FOLDER EXPRESSION evaluates Erlang on the first node, and prints what that gives
#   cluster.sh stop FOLDER            ends it
# Erlang's port mapper is a private one, so that neither a node nor its tools meet those of the machine.
set -uo pipefail
launchers=()
action=${1:?start, eval or stop}
folder=${2:?a folder}
server=/usr/lib/rabbitmq/bin/rabbitmq-server
nodes=3
[ "$action" != start ] || nodes=${3:-3}

# Several nodes are for tests of what a cluster does, beside others that want the cores; a single one runs as it comes.
runtime="-kernel inet_dist_use_interface {127,0,0,1}"
[ "$nodes" -eq 1 ] || runtime+=" +S 1:1 +sbwt none"

# Debian's user where we may become it, else whoever we are. In a process of its own: the command takes the place of the shell.
as_user() {
  if [ "$(id -u)" -eq 0 ] && id rabbitmq >/dev/null 2>&1; then
    exec setpriv --reuid=rabbitmq --regid=rabbitmq --clear-groups -- "$@"
  else
    exec "$@"
  fi
}

free_ports() {
  /usr/bin/env python3 - "$1" <<'PY' 2>/dev/null || for _ in $(seq "$1"); do echo $((20000 + RANDOM % 12000)); done
import socket, sys
taken = [socket.create_server(("127.0.0.1", 0)) for _ in range(int(sys.argv[1]))]
print("\n".join(str(s.getsockname()[1]) for s in taken))
PY
}

stop() {
  local file
  for file in "$folder"/*.pid; do
    [ -s "$file" ] && kill -9 "$(cat "$file")" 2>/dev/null
  done
  return 0
}

start() {
  [ -x "$server" ] || { echo "there is no $server; install the package rabbitmq-server" >&2; return 1; }
  mkdir -p "$folder"
  rm -f "$folder"/*.pid "$folder/endpoints"
  mapfile -t ports < <(free_ports $((1 + 2 * nodes)))
  local epmd_port=${ports[0]} i
  head -c 20 /dev/urandom | od -An -tx1 | tr -d ' \n' >"$folder/.erlang.cookie"
  chmod 400 "$folder/.erlang.cookie"
  printf '[].\n' >"$folder/enabled_plugins"
  {
    echo "loopback_users = none"
    echo "vm_memory_high_watermark.absolute = 1GB"
    echo "disk_free_limit.absolute = 50MB"
    echo "cluster_formation.peer_discovery_backend = classic_config"
    echo "cluster_formation.randomized_startup_delay_range.min = 0"
    echo "cluster_formation.randomized_startup_delay_range.max = 0"
    echo "cluster_partition_handling = ignore"
    echo "queue_index_embed_msgs_below = 4096"
    for i in $(seq $nodes); do echo "cluster_formation.classic_config.nodes.$i = butler$i@localhost"; done
  } >"$folder/rabbitmq.conf"
  [ "$(id -u)" -ne 0 ] || chown -R rabbitmq: "$folder" 2>/dev/null

  as_user env HOME="$folder" setsid epmd -address 127.0.0.1 -port "$epmd_port" >"$folder/epmd.log" 2>&1 </dev/null &
  echo $! >"$folder/epmd.pid"
  echo "$epmd_port" >"$folder/epmd.port"
  for i in $(seq $nodes); do
    mkdir -p "$folder/node$i"
    [ "$(id -u)" -ne 0 ] || chown rabbitmq: "$folder/node$i" 2>/dev/null
    as_user env HOME="$folder" ERL_EPMD_ADDRESS=127.0.0.1 ERL_EPMD_PORT="$epmd_port" \
      RABBITMQ_NODENAME="butler$i@localhost" RABBITMQ_NODE_IP_ADDRESS=127.0.0.1 RABBITMQ_NODE_PORT="${ports[$i]}" \
      RABBITMQ_DIST_PORT="${ports[$((nodes + i))]}" RABBITMQ_CONFIG_FILE="$folder/rabbitmq.conf" RABBITMQ_CONF_ENV_FILE="$folder/none" \
      RABBITMQ_MNESIA_BASE="$folder/node$i" RABBITMQ_LOG_BASE="$folder/node$i" RABBITMQ_ENABLED_PLUGINS_FILE="$folder/enabled_plugins" \
      RABBITMQ_PID_FILE="$folder/node$i.pid" RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="$runtime" \
      setsid "$server" >"$folder/node$i.log" 2>&1 </dev/null &
    launchers[$i]=$!
  done
  wait_until_up || { tail -n 20 "$folder"/node*.log >&2; stop; return 1; }
}

evaluate() {
  as_user env HOME="$folder" ERL_EPMD_ADDRESS=127.0.0.1 ERL_EPMD_PORT="$(cat "$folder/epmd.port")" RABBITMQ_CONF_ENV_FILE="$folder/none" \
    /usr/lib/rabbitmq/bin/rabbitmqctl --node butler1@localhost eval "$1"
}

# Up: every node serves, and knows all the others.
wait_until_up() {
  local deadline=$((SECONDS + 90)) i up
  while [ $SECONDS -lt $deadline ]; do
    up=0
    for i in $(seq $nodes); do
      grep -q 'completed with' "$folder/node$i.log" 2>/dev/null && up=$((up + 1))
      kill -0 "${launchers[$i]}" 2>/dev/null || { echo "node $i has ended" >&2; return 1; }
    done
    if [ $up -eq $nodes ]; then
      for i in $(seq $nodes); do printf 'amqp://guest:guest@127.0.0.1:%s\n' "${ports[$i]}"; done >"$folder/endpoints.new"
      mv "$folder/endpoints.new" "$folder/endpoints"
      return 0
    fi
    sleep 0.2
  done
  echo "the nodes were not up after 90 s" >&2
  return 1
}

case $action in
start) start ;;
eval) evaluate "${3:?an expression}" ;;
stop) stop ;;
*) echo "start, eval or stop, not '$action'" >&2; exit 2 ;;
esac
