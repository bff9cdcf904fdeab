#!/bin/sh
# Makes a Debian of its own in FOLDER with ZoneMinder, motionEye and an RTSP server, so that the machine keeps its own
# packages and starts no service: root.sh FOLDER. Needs root, debootstrap and a mirror; takes some minutes and 1.5 GB.
set -eu
root=$1
[ -e "$root/.complete" ] && exit 0
command -v debootstrap >/dev/null || { echo "debootstrap is not installed: apt-get install debootstrap" >&2; exit 1; }
# shellcheck disable=SC2086  # without a mirror debootstrap takes its own
debootstrap --variant=minbase --include=ca-certificates bookworm "$root" ${DEBIAN_MIRROR:-}
# Nothing starts while it is installed.
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
chmod 755 "$root/usr/sbin/policy-rc.d"
cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
mount --bind /proc "$root/proc"
trap 'umount "$root/proc"' EXIT
chroot "$root" sh -ec '
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -q
    apt-get install -y -q --no-install-recommends \
        zoneminder mariadb-server mariadb-client apache2 libapache2-mod-php8.2 php8.2-mysql php8.2-gd curl procps \
        motion python3-venv python3-pip python3-dev gcc libc6-dev libcurl4-openssl-dev libssl-dev libjpeg-dev zlib1g-dev \
        python3-gi gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad
    python3 -m venv /opt/motioneye
    /opt/motioneye/bin/pip install --quiet motioneye==0.44.0
'
touch "$root/.complete"
