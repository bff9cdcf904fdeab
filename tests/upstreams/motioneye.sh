#!/bin/sh
# Runs motionEye inside the root that root.sh made: chroot ROOT sh motioneye.sh PORT RTSP_PORT. Ends with its PIDs.
# Its user is admin with the password "only-for-this-test"; it records without pause, in files of 15 seconds.
set -eu
port=$1 rtsp=$2 password=only-for-this-test
export PATH=/opt/motioneye/bin:/usr/sbin:/usr/bin:/sbin:/bin TZ=Asia/Shanghai LANG=C.UTF-8
conf=/etc/motioneye at=http://127.0.0.1:$port
rm -rf "$conf" /var/lib/motioneye
mkdir -p "$conf" /run/motioneye /var/log/motioneye /var/lib/motioneye
ln -sf "/usr/share/zoneinfo/$TZ" /etc/localtime
cat >"$conf/motioneye.conf" <<CONF
conf_path $conf
run_path /run/motioneye
log_path /var/log/motioneye
media_path /var/lib/motioneye
listen 127.0.0.1
port $port
motion_control_localhost true
motion_control_port 7999
CONF
cat >"$conf/motion.conf" <<CONF
# @admin_username admin
# @admin_password $password
# @normal_username user
# @normal_password
setup_mode off
webcontrol_port 7999
webcontrol_localhost on
webcontrol_parms 2
camera camera-1.conf
CONF
cat >"$conf/camera-1.conf" <<CONF
# @enabled on
# @id 1
# @storage_device custom-path
# @preserve_movies 0
# @preserve_pictures 0
# @manual_movies off
# @motion_detection on
# @working_schedule
# @admin_only off
camera_name street
camera_id 1
netcam_url rtsp://127.0.0.1:$rtsp/live
netcam_params rtsp_transport = tcp, keepalive = on
width 320
height 180
framerate 10
target_dir /var/lib/motioneye/street
movie_output on
movie_passthrough on
movie_codec mp4
movie_max_time 15
movie_filename %Y-%m-%d/%H-%M-%S
emulate_motion on
picture_output off
stream_port 9081
stream_localhost on
CONF
meyectl startserver -c "$conf/motioneye.conf" >/var/log/motioneye/out.log 2>&1 &
until curl -s -o /dev/null "$at/login"; do sleep 0.3; done
echo serving
exec sleep infinity
