#!/usr/bin/env bash
# A desktop for one test: a screen, a window manager, somebody who shows tray icons and notifications, a keyring.
#
#   dbus-run-session -- tests/desktop/session.sh COMMAND...
#
# HOME and XDG_RUNTIME_DIR are set before the bus is started (tests/desktop/run does it): what the bus starts takes them
# from it. BARE=1 leaves out whoever shows tray icons.
set -u
here=$(cd "$(dirname "$0")" && pwd)
started=()
end() { ((${#started[@]} == 0)) || kill "${started[@]}" 2>/dev/null; }
trap end EXIT

# The number of the screen comes through a pipe: several tests run at once, and each takes the next free one.
exec 3< <(exec Xvfb -displayfd 1 -screen 0 1280x800x24 -nolisten tcp 2>/dev/null)
started+=("$!")
read -r -t 30 -u 3 number || { echo "session: no screen came up" >&2; exit 1; }
export DISPLAY=:$number
unset WAYLAND_DISPLAY
dbus-update-activation-environment DISPLAY HOME XDG_RUNTIME_DIR >/dev/null 2>&1
openbox >/dev/null 2>&1 &
started+=("$!")
if [[ -n ${KEYRING:-} ]]; then
	printf 'test-password\n' | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1
fi
export EVENTS=$HOME/events
: >"$EVENTS"
/usr/bin/python3 "$here/host.py" ${BARE:+--bare} >"$EVENTS" &
started+=("$!")
for _ in $(seq 200); do
	grep -q ready "$EVENTS" && break
	sleep 0.05
done
"$@"
