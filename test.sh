#!/usr/bin/env bash
# Runs every test that can run on this machine and says what ran, on which host, and what did not.
#   ./test.sh            all but chaos
#   ./test.sh decisioning node conformance postgres gateway simulator benchmarks cluster wire grains ops chaos
set -uo pipefail
cd "$(dirname "$0")"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 MSBUILDDISABLENODEREUSE=1

configuration=${CONFIGURATION:-Release}
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
passed=0 failed=0 skipped=0

# suite <name> <project> <host>: runs one test project and adds its counts, read from its result file.
suite() {
    local name=$1 project=$2 host=$3 trx="$results/$1.trx" status=0
    printf '\n== %s  (host: %s)\n' "$name" "$host"
    dotnet test "$project" -c "$configuration" --no-build --nologo -v q --logger "trx;LogFileName=$trx" || status=$?
    if [[ ! -s $trx ]]; then
        echo "$name: wrote no result (exit code $status): counted as one failure"
        echo "== $name wrote no result (exit code $status)" >>"$results/reasons"
        failed=$((failed + 1))
        return
    fi
    local counters total ok bad notrun
    counters=$(grep -o '<Counters [^>]*>' "$trx" | head -n 1)
    total=$(count "$counters" total) ok=$(count "$counters" passed)
    bad=$(($(count "$counters" failed) + $(count "$counters" error) + $(count "$counters" timeout) + $(count "$counters" aborted)))
    notrun=$((total - ok - bad))
    # A runner that crashes after its last result has still failed.
    if ((status != 0 && bad == 0)); then bad=1; fi
    printf '%s on %s: %d passed, %d failed, %d skipped\n' "$name" "$host" "$ok" "$bad" "$notrun"
    if ((bad > 0)); then reasons "$name" "$trx" "$status" >>"$results/reasons"; fi
    passed=$((passed + ok)) failed=$((failed + bad)) skipped=$((skipped + notrun))
}

# reasons <name> <trx> <exit code>: each failed test with the beginning of its message.
reasons() {
    printf '== %s failed (exit code %s)\n' "$1" "$3"
    awk '
        /<UnitTestResult / {
            failed = /outcome="(Failed|Error|Timeout|Aborted)"/
            name = $0; sub(/.* testName="/, "", name); sub(/".*/, "", name)
            if (failed) print "-- " text(name)
            lines = 0
        }
        /<\/UnitTestResult>|<ResultSummary/ { failed = 0 }
        failed && /<Message>/ { inside = 1; sub(/.*<Message>/, "") }
        inside {
            line = $0; ends = sub(/<\/Message>.*/, "", line)
            if (lines++ < 30) print "   " text(line)
            if (ends) inside = 0
        }
        function text(xml) {
            gsub(/&#xD;/, "", xml); gsub(/&lt;/, "<", xml); gsub(/&gt;/, ">", xml); gsub(/&quot;/, "\"", xml); gsub(/&apos;/, "'"'"'", xml)
            gsub(/&amp;/, "\\&", xml)
            return xml
        }' "$2"
}

count() { grep -o " $2=\"[0-9]*\"" <<<"$1" | grep -o '[0-9]*'; }

echo "== build ($configuration)"
if ! dotnet build Engine.slnf -c "$configuration" --nologo -v q -clp:ErrorsOnly; then
    echo "the engine does not build"
    echo "0 passed, 1 failed, 0 skipped"
    exit 1
fi

wanted=("$@")
wants() { ((${#wanted[@]} == 0)) || [[ " ${wanted[*]} " == *" $1 "* ]]; }

wants decisioning && suite decisioning tests/decisioning/PmOrleans.Decisioning.Tests.csproj "none"
wants node && suite node tests/node/PmOrleans.Node.Tests.csproj "embedded, SQLite"
wants conformance && suite conformance tests/conformance/embedded/PmOrleans.Conformance.Embedded.csproj "embedded, SQLite"
wants postgres && suite postgres tests/postgres/PmOrleans.Postgres.Tests.csproj "node log, PostgreSQL of its own"
wants gateway && suite gateway tests/gateway/PmOrleans.Gateway.Tests.csproj "gateway over the embedded host"
wants simulator && suite simulator tests/simulator/PmOrleans.Simulator.Tests.csproj "embedded, SQLite"
wants benchmarks && suite benchmarks tests/benchmarks/PmOrleans.Benchmarks.Tests.csproj "none"

# orleans_suite <name> <project> <host>: a suite that needs Orleans packages, which not every registry has: where these do not restore it is skipped, never passed.
orleans_suite() {
    local name=$1 project=$2 log="$results/$1.log"
    if dotnet build "$project" -c "$configuration" --nologo -v q -clp:ErrorsOnly >"$log" 2>&1; then
        suite "$@"
    elif grep -q NU1101 "$log"; then
        printf '\n== %s: the Orleans packages do not restore here: skipped\n' "$name"
        skipped=$((skipped + 1))
    else
        cat "$log"
        echo "== $name does not build" >>"$results/reasons"
        failed=$((failed + 1))
    fi
}

wants cluster && orleans_suite conformance-silo tests/conformance/silo/PmOrleans.Conformance.Silo.csproj "one Orleans silo, SQLite"
wants cluster && orleans_suite conformance-cluster tests/conformance/cluster/PmOrleans.Conformance.Cluster.csproj "three Orleans silos, PostgreSQL of its own"
wants wire && orleans_suite wire tests/grain-interfaces/PmOrleans.GrainInterfaces.Tests.csproj "none"
wants grains && orleans_suite grains tests/grains/PmOrleans.Grains.Tests.csproj "one Orleans silo, SQLite"
wants ops && orleans_suite ops tests/ops/PmOrleans.Ops.Tests.csproj "one Orleans silo, SQLite; the files of ops/"

# Real processes that are killed, frozen and cut off: minutes, and a machine for themselves. Hence only when it is asked for.
if ((${#wanted[@]} > 0)) && wants chaos; then
    export CHAOS_REPORT="$results/chaos.txt"
    orleans_suite chaos tests/cluster/PmOrleans.Cluster.Tests.csproj "three Orleans silos in processes of their own, PostgreSQL of their own"
    [[ ! -s $CHAOS_REPORT ]] || sed 's/^/  /' "$CHAOS_REPORT"
fi

if [[ -s $results/reasons ]]; then
    echo
    cat "$results/reasons"
fi

echo
echo "$passed passed, $failed failed, $skipped skipped"
((failed == 0 && passed > 0))
