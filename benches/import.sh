#!/usr/bin/env bash
# Measures `signet import`: messages a second, and the most memory that the process took at a tenth of the messages and
# at all of them. Wants an empty database in SIGNET_DATABASE_URL, the corpus of scripts/fetch-corpora, and GNU time.
#
#   benches/import.sh [COUNT]
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}
: "${SIGNET_DATABASE_URL:?names the database to fill}"
count=${1:-10000}
mail=$target/bench/mail
signet=${SIGNET:-$target/release/signet}

main() {
    [ -x "$signet" ] || cargo build --release --bin signet
    command -v time >/dev/null || { echo "GNU time is missing" >&2; exit 1; }
    [ -d "$mail" ] || cargo run --quiet --example make-mail -- "$mail" "$count" "$target/corpora/spam-assassin"
    "$signet" migrate
    "$signet" anchor add "$mail/root.pem"
    for kind in unsigned signed; do
        measure "$kind" all "$count"
        # For its memory: the bytes of these messages are stored already, which makes them a little cheaper.
        measure "$kind" tenth $((count / 10))
    done
}

# Imports the first so many messages of a kind into an account of their own.
measure() {
    local kind=$1 account=$1-$2@example.org first=$mail/$1-$3 figures
    rm -rf "$first" && mkdir "$first"
    find "$mail/$kind" -name '*.eml' | sort | awk -v most="$3" 'NR <= most' | xargs ln -t "$first"
    SIGNET_PASSWORD=measurement "$signet" account add "$account" >/dev/null
    figures=$(mktemp)
    command time -f '%M KiB at most, %U s of this process' -o "$figures" "$signet" import --account "$account" "$first" |
        sed "s/^/$kind: /"
    sed "s/^/$kind: /" "$figures"
    rm -rf "$first" "$figures"
}

main
