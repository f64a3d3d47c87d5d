# watchdog DATA RUNTIME: waits for its standard input to close, then stops the PostgreSQL server of the folder DATA
# and removes the folder RUNTIME.
data=$1
runtime=$2
trap '' HUP INT TERM

while read -r _; do :; done

# The number in a pid file that was left behind may be another process's by now.
is_the_server() {
    if [ -d /proc/self ]; then
        [ "/proc/$1/cwd" -ef "$data" ]
    else
        ps -o args= -p "$1" | grep -F -q -e "$data"
    fi
}
signal_server() {
    pid=$(head -n 1 "$data/postmaster.pid") && is_the_server "$pid" && kill -s "$1" "$pid"
}
# The server removes its pid file as the last thing it does.
wait_for_server() {
    tenths=$1
    while [ -e "$data/postmaster.pid" ] && [ "$tenths" -gt 0 ]; do
        sleep 0.1
        tenths=$((tenths - 1))
    done
}
# INT is PostgreSQL's fast shutdown, QUIT the immediate one.
if [ -e "$data/postmaster.pid" ]; then
    signal_server INT && wait_for_server 300
    signal_server QUIT && wait_for_server 50
fi

rm -rf "$runtime"
