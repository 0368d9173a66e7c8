#!/usr/bin/env bash
# PostgreSQL and three silos with gateways as plain processes on this machine: what docker-compose.yml runs, where no container engine does.
#
#   ops/local-cluster.sh up             build, start what does not run, wait until every silo takes traffic
#   ops/local-cluster.sh down           end the silos gracefully, then PostgreSQL; the data stays
#   ops/local-cluster.sh status         what runs, where, and since when
#   ops/local-cluster.sh kill N         kill -9 of silo N              start N   start it again
#   ops/local-cluster.sh freeze N       SIGSTOP: it no longer answers  thaw N    SIGCONT
#   ops/local-cluster.sh stop N         end silo N gracefully
#   ops/local-cluster.sh cut N silos|postgres    with NETNS=1: silo N no longer reaches the others, or the database; heal N
#   ops/local-cluster.sh postgres stop|start     the database goes away as in a crash, and comes back
#   ops/local-cluster.sh verify         recount everything over all nodes' logs
#   ops/local-cluster.sh wipe           down, and the data is deleted
#
# Environment (defaults):  CLUSTER_DIR (<tmp>/pmorleans-cluster)  SILOS (3)  HTTP_PORT (8081, silo N: 8080 + N)  SILO_PORT (11111)  CLIENT_PORT (30001)
#   PG_PORT (15432)  CATALOG (samples/shop)  CONFIGURATION (Release)  BUILD (1; 0: take what was built)  READY_SECONDS (90)
#   NETNS (0; 1: each silo in a network namespace of its own, needs root)  SILO_OPTIONS (more options for every silo)
# Needs: the .NET 10 SDK, curl, PostgreSQL 15 or later (Debian: apt install postgresql). It ends processes that it started, by their id, and no others.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
dir=${CLUSTER_DIR:-${TMPDIR:-/tmp}/pmorleans-cluster}
silos=${SILOS:-3} http=${HTTP_PORT:-8081} silo_port=${SILO_PORT:-11111} client_port=${CLIENT_PORT:-30001} pg_port=${PG_PORT:-15432}
catalog=${CATALOG:-$root/samples/shop} configuration=${CONFIGURATION:-Release} ready_seconds=${READY_SECONDS:-90} netns=${NETNS:-0}
program=$root/silo/bin/$configuration/net10.0/PmOrleans.Silo.dll
verifier=$root/gateway/bin/$configuration/net10.0/PmOrleans.Gateway.dll
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

say() { printf '%s\n' "$*"; }
fail() { printf 'local-cluster: %s\n' "$*" >&2; exit 1; }

# A process is ours if it has the id and the start time that were written down: ids are given again.
born() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20; }
state() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f1; }
running() {
    local pid start
    [[ -r $dir/$1.pid ]] && read -r pid start <"$dir/$1.pid" && [[ -n $pid && -n $start && $(born "$pid") == "$start" && $(state "$pid") != Z ]] && echo "$pid"
}

silo_number() { [[ ${1:-} =~ ^[1-9][0-9]*$ && $1 -le $silos ]] || fail "which silo? 1 to $silos, not '${1:-}'"; }
address() { if [[ $netns == 1 ]]; then echo "10.210.7.$((10 + $1))"; else echo 127.0.0.1; fi; }
url() { echo "http://$(address "$1"):$((http + $1 - 1))"; }
database() { if [[ $netns == 1 ]]; then echo 10.210.7.1; else echo 127.0.0.1; fi; }
connection() { echo "Host=$1;Port=$pg_port;Username=postgres;Database=postgres"; }

# ---- PostgreSQL, with a data folder of its own; it will not run as root, who runs it as the package's user.

postgres_programs() {
    local found
    found=$(command -v pg_ctl || ls -d /usr/lib/postgresql/*/bin/pg_ctl 2>/dev/null | sort -V | tail -n 1 || true)
    [[ -n $found ]] || fail "PostgreSQL is not installed (Debian: apt install postgresql)"
    dirname "$found"
}

as_postgres() {
    if ((EUID == 0)); then (cd / && runuser -u postgres -- "$@"); else (cd / && "$@"); fi
}

postgres_runs() { as_postgres "$bin/pg_ctl" -D "$dir/postgres" status >/dev/null 2>&1; }

postgres_start() {
    if [[ ! -s $dir/postgres/PG_VERSION ]]; then
        mkdir -p "$dir/postgres"
        ((EUID != 0)) || chown postgres "$dir/postgres"
        as_postgres "$bin/initdb" -D "$dir/postgres" -U postgres -A trust -E UTF8 --locale=C >"$dir/initdb.log" 2>&1 || fail "initdb failed, see $dir/initdb.log"
        echo 'host all all 10.210.7.0/24 trust' | as_postgres tee -a "$dir/postgres/pg_hba.conf" >/dev/null
    fi

    if postgres_runs; then say "postgres    runs already, port $pg_port"; return; fi
    local listen=127.0.0.1
    [[ $netns != 1 ]] || listen=127.0.0.1,10.210.7.1
    as_postgres "$bin/pg_ctl" -D "$dir/postgres" -w -t 60 -l "$dir/postgres/server.log" \
        -o "-p $pg_port -c listen_addresses=$listen -c unix_socket_directories= -c max_connections=300" start >/dev/null 2>&1 </dev/null \
        || fail "PostgreSQL does not start on port $pg_port, see $dir/postgres/server.log"
    say "postgres    started, port $pg_port"
}

postgres_stop() {
    if ! postgres_runs; then say "postgres    does not run"; return; fi
    as_postgres "$bin/pg_ctl" -D "$dir/postgres" -m "$1" -w stop >/dev/null 2>&1 || fail "PostgreSQL does not stop, see $dir/postgres/server.log"
    say "postgres    stopped"
}

# ---- Network namespaces: one bridge here, one address for each silo.

bridge=pmo-bridge
namespace() { echo "pmo-silo-$1"; }

network_up() {
    [[ $netns == 1 ]] || return 0
    ((EUID == 0)) || fail "NETNS=1 needs root"
    ip link show "$bridge" >/dev/null 2>&1 || { ip link add "$bridge" type bridge && ip addr add 10.210.7.1/24 dev "$bridge" && ip link set "$bridge" up; }
    local n
    for ((n = 1; n <= silos; n++)); do
        ip netns list | grep -qw "$(namespace "$n")" && continue
        ip netns add "$(namespace "$n")"
        ip link add "pmo-$n" type veth peer name eth0 netns "$(namespace "$n")"
        ip link set "pmo-$n" master "$bridge" up
        ip -n "$(namespace "$n")" addr add "$(address "$n")/24" dev eth0
        ip -n "$(namespace "$n")" link set eth0 up
        ip -n "$(namespace "$n")" link set lo up
    done
}

network_down() {
    [[ $netns == 1 ]] || return 0
    local n
    for ((n = 1; n <= silos; n++)); do ip netns del "$(namespace "$n")" 2>/dev/null || true; done
    ip link del "$bridge" 2>/dev/null || true
}

cut_off() {
    local m
    case ${2:-} in
        silos) for ((m = 1; m <= silos; m++)); do ((m == $1)) || ip -n "$(namespace "$1")" route replace blackhole "$(address "$m")/32"; done ;;
        postgres) ip -n "$(namespace "$1")" route replace blackhole 10.210.7.1/32 ;;
        *) fail "cut off from what? silos or postgres, not '${2:-}'" ;;
    esac
    say "silo $1      cut off from ${2}"
}

heal() {
    ip -n "$(namespace "$1")" route flush type blackhole 2>/dev/null || true
    say "silo $1      reaches everybody again"
}

# ---- Silos.

build() {
    [[ ${BUILD:-1} == 1 ]] || { [[ -s $program ]] || fail "nothing is built at $program, and BUILD is 0"; return 0; }
    command -v dotnet >/dev/null || fail "the .NET 10 SDK is not installed"
    say "building    (BUILD=0 takes what is there)"
    dotnet build "$root/silo/PmOrleans.Silo.csproj" -c "$configuration" --nologo -v q -clp:ErrorsOnly >"$dir/build.log" 2>&1 \
        || { tail -n 20 "$dir/build.log" >&2; fail "the silo does not build, see $dir/build.log"; }
}

silo_start() {
    local n=$1 pid
    if pid=$(running "silo-$n"); then say "silo $n      runs already, process $pid, $(url "$n")"; return; fi
    local enter=()
    [[ $netns != 1 ]] || enter=(ip netns exec "$(namespace "$n")")
    mkdir -p "$dir/silo-$n"

    # In a session of its own: a Ctrl-C in this terminal is not for it.
    (cd "$dir/silo-$n" && exec setsid "${enter[@]}" dotnet "$program" --node "silo-$n" --urls "$(url "$n")" --data "$dir/silo-$n" --catalog "$catalog" \
        --connection "$(connection "$(database)")" --silo-address "$(address "$n")" --silo-port $((silo_port + n - 1)) --client-port $((client_port + n - 1)) \
        ${SILO_OPTIONS:-} >>"$dir/silo-$n.log" 2>&1 </dev/null) &
    pid=$!
    echo "$pid $(born "$pid")" >"$dir/silo-$n.pid"
    say "silo $n      started, process $pid, $(url "$n"), log $dir/silo-$n.log"
}

silo_ready() {
    local n=$1 deadline=$((SECONDS + ready_seconds))
    until curl -fsS -m 2 -o /dev/null "$(url "$n")/readyz" 2>/dev/null; do
        running "silo-$n" >/dev/null || { tail -n 5 "$dir/silo-$n.log" >&2; fail "silo $n has ended, see $dir/silo-$n.log"; }
        ((SECONDS < deadline)) || fail "silo $n is not ready after $ready_seconds s: $(curl -s -m 2 "$(url "$n")/readyz" || echo 'no answer'); see $dir/silo-$n.log"
        sleep 0.2
    done
    say "silo $n      ready"
}

silo_signal() {
    local pid
    pid=$(running "silo-$1") || fail "silo $1 does not run"
    kill "-$2" "$pid"
    say "silo $1      $3"
}

silo_gone() {
    local pid deadline=$((SECONDS + ${2:-45}))
    while pid=$(running "silo-$1"); do
        if ((SECONDS >= deadline)); then say "silo $1      does not end: kill -9"; kill -KILL "$pid"; fi
        sleep 0.1
    done
    rm -f "$dir/silo-$1.pid"
}

silo_stop() {
    local pid
    if ! pid=$(running "silo-$1"); then say "silo $1      does not run"; return; fi
    kill -CONT "$pid"
    kill -TERM "$pid"
    silo_gone "$1"
    say "silo $1      ended"
}

status() {
    local n pid
    if [[ -s $dir/postgres/PG_VERSION ]] && postgres_runs; then say "postgres    runs, port $pg_port"; else say "postgres    does not run"; fi
    for ((n = 1; n <= silos; n++)); do
        if ! pid=$(running "silo-$n"); then say "silo $n      does not run"; continue; fi
        if [[ $(state "$pid") == T ]]; then say "silo $n      frozen, process $pid"; continue; fi
        say "silo $n      process $pid, up $(ps -o etime= -p "$pid" | tr -d ' '), $(url "$n"), $(curl -s -m 2 "$(url "$n")/readyz" || echo 'no answer')"
    done
}

bin=$(postgres_programs)
mkdir -p "$dir"

# So that the server's user gets to its folder below.
chmod go+x "$dir"
case ${1:-} in
    up)
        build
        network_up
        postgres_start
        for ((n = 1; n <= silos; n++)); do silo_start "$n"; done
        for ((n = 1; n <= silos; n++)); do silo_ready "$n"; done
        ;;
    down | wipe)
        for ((n = 1; n <= silos; n++)); do silo_stop "$n" & done
        wait
        postgres_stop fast
        network_down
        if [[ $1 == wipe ]]; then rm -rf "$dir"; say "data        deleted"; fi
        ;;
    status) status ;;
    start) silo_number "${2:-}"; silo_start "$2"; silo_ready "$2" ;;
    stop) silo_number "${2:-}"; silo_stop "$2" ;;
    kill) silo_number "${2:-}"; silo_signal "$2" KILL "killed"; silo_gone "$2" ;;
    freeze) silo_number "${2:-}"; silo_signal "$2" STOP "frozen" ;;
    thaw) silo_number "${2:-}"; silo_signal "$2" CONT "thawed" ;;
    cut | heal)
        [[ $netns == 1 ]] || fail "$1 works with NETNS=1 only"
        silo_number "${2:-}"
        if [[ $1 == cut ]]; then cut_off "$2" "${3:-}"; else heal "$2"; fi
        ;;
    postgres)
        case ${2:-} in
            start) postgres_start ;;
            stop) postgres_stop immediate ;;
            *) fail "postgres stop or start, not '${2:-}'" ;;
        esac
        ;;
    verify) dotnet "$verifier" verify --connection "$(connection 127.0.0.1)" ;;
    *) sed -n '4,19p' "${BASH_SOURCE[0]}" | sed 's/^# \{0,1\}//'; exit 2 ;;
esac
