/**
 * Shell functions about the ports of a pod, which its containers share. `listener PID PORT` writes `free`, `own` when the
 * process listens there, or `other`; `free_port PORT` the first one from there on at which nobody listens.
 */
export const portFunctions = String.raw`listener() { h=$(printf ':%04X' "$2")
i=$(cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | while read -r a l b s c d e f g n z; do case "$l $s" in *"$h 0A") echo "$n";; esac; done | head -n 1)
if [ -z "$i" ]; then echo free; elif ls -l "/proc/$1/fd" 2>/dev/null | grep -q "socket:\[$i\]"; then echo own; else echo other; fi; }
free_port() { p=$1; while [ "$(listener 0 "$p")" != free ]; do p=$((p + 1)); done; echo "$p"; }
`;
