#!/bin/bash
# Runs a command where Debian's packages lie over this machine's own and where what it keeps lies in one folder.
# It needs a mount namespace of its own; the machine itself stays as it is.
set -eu
debian=$1 room=$2
shift 2
mount --make-rprivate /
mkdir -p "$room"/{etc,etc-work,lib,lib-work,run,log,containerd,kubelet,containers,cni}
mount -t overlay kilat -o "lowerdir=$debian/usr:/usr" /usr
mount -t overlay kilat -o "lowerdir=$debian/etc:/etc,upperdir=$room/etc,workdir=$room/etc-work" /etc
mount -t overlay kilat -o "lowerdir=/var/lib,upperdir=$room/lib,workdir=$room/lib-work" /var/lib
mount --bind "$room/run" /run
mount --bind "$room/log" /var/log
for name in containerd kubelet containers cni; do
  mkdir -p "/var/lib/$name"
  mount --bind "$room/$name" "/var/lib/$name"
done
mount --make-shared /var/lib/kubelet
ldconfig
"$@" & # this shell stays: as the first process it takes up what others leave behind
trap 'kill -TERM $!' TERM
wait $!
