#!/bin/sh
# Starts a command in a root folder like that of the chart's pod: its mounts stand where its configuration says.
#
#   pod.sh FOLDER COMMAND...
#
# FOLDER holds conf (the ConfigMap), var-log, and what of run-log, state, pod-state, auditgate, machine-id and ca-certificates.crt the pod
# has. Needs leave to make a mount namespace.
set -eu
if [ "$1" != --inside ]; then
  exec unshare --mount --map-root-user -- "$0" --inside "$@"
fi
shift
folder=$1
shift
root=$folder/root
mkdir -p "$root"
mount -t tmpfs pod "$root"
# What an image would hold, and what Fluent Bit is called by.
for part in /bin /etc /lib /lib64 /opt /proc /dev /root /sbin /tmp /usr; do
  [ ! -L "$part" ] || { cp -P "$part" "$root$part" && continue; }
  [ ! -d "$part" ] || { mkdir -p "$root$part" && mount --rbind "$part" "$root$part"; }
done
# What the folder lacks, the pod has not.
mount_at() { [ ! -e "$folder/$1" ] || { mkdir -p "$root$2" && mount --rbind "$folder/$1" "$root$2"; }; }
instead_of() { [ ! -e "$folder/$1" ] || mount --bind "$folder/$1" "$root$2"; }
mount_at var-log /var/log
mount_at run-log /run/log
mount_at state /var/fluent-bit/data
mount_at pod-state /state
mount_at conf /fluent-bit/etc
mount_at auditgate /auditgate
instead_of machine-id /etc/machine-id
instead_of ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
exec chroot "$root" "$@"
