#!/usr/bin/env bash
# Prints how to start syslog-ng, for the tests of the output plugin. Debian's package takes rsyslog off the machine when it is installed, so
# it is unpacked into the folder `$1` and run from there.
set -euo pipefail
folder=$1
program="$folder/usr/sbin/syslog-ng"
if command -v syslog-ng >/dev/null; then
  command -v syslog-ng
  exit
fi
if [ ! -x "$program" ]; then
  command -v apt-get >/dev/null && command -v dpkg >/dev/null || exit 1
  mkdir -p "$folder/packages"
  cd "$folder/packages"
  packages=(syslog-ng-core libivykis0 libnet1 libpcre3 libjson-c5 libwrap0)
  timeout 60 apt-get download -q "${packages[@]}" >/dev/null 2>&1 || exit 1
  for package in *.deb; do dpkg -x "$package" "$folder"; done
fi
libraries=("$folder"/usr/lib/syslog-ng "$folder"/usr/lib/*-linux-gnu "$folder"/lib/*-linux-gnu)
modules=("$folder"/usr/lib/syslog-ng/*.*/)
export LD_LIBRARY_PATH="${libraries[0]}:${libraries[1]}:${libraries[2]}"
"$program" --module-path "${modules[0]}" --version >/dev/null 2>&1 || exit 1
# A module that lacks a library is left out without a word: the one for sockets is what the tests need.
! ldd "${modules[0]}/libafsocket.so" | grep -q 'not found' || exit 1
echo "env LD_LIBRARY_PATH=$LD_LIBRARY_PATH $program --module-path=${modules[0]}"
