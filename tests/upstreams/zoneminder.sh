#!/bin/sh
# Runs ZoneMinder inside the root that root.sh made: chroot ROOT sh zoneminder.sh PORT RTSP_ADDRESS. Ends with its PIDs.
set -eu
port=$1 camera=$2
export PATH=/usr/sbin:/usr/bin:/sbin:/bin TZ=Asia/Shanghai
mkdir -p /run/mysqld /run/zm /run/apache2 /var/log/zm /dev/shm /tmp
chmod 1777 /dev/shm /tmp
chown mysql:mysql /run/mysqld
chown www-data:www-data /run/zm /var/log/zm
rm -rf /var/lib/mysql/* /var/cache/zoneminder/events/*
chgrp www-data /etc/zm/zm.conf
mysql_install_db --user=mysql --auth-root-authentication-method=normal >/dev/null
mariadbd --user=mysql --skip-networking --default-time-zone=+08:00 >/var/log/mariadb.log 2>&1 &
until mysqladmin ping >/dev/null 2>&1; do sleep 0.2; done
mysql </usr/share/zoneminder/db/zm_create.sql
# The secret is what the API signs its tokens with; pictures may be shown; events are cut every 20 seconds.
mysql zm <<SQL
GRANT ALL ON zm.* TO 'zmuser'@'localhost' IDENTIFIED BY 'zmpass';
UPDATE Config SET Value='1' WHERE Name IN ('ZM_OPT_USE_AUTH', 'ZM_OPT_USE_LEGACY_API_AUTH');
UPDATE Config SET Value='a-secret-of-this-test' WHERE Name='ZM_AUTH_HASH_SECRET';
UPDATE Config SET Value='0' WHERE Name IN ('ZM_SHOW_PRIVACY', 'ZM_CHECK_FOR_UPDATES', 'ZM_AUTH_HASH_IPS');
UPDATE Config SET Value='Asia/Shanghai' WHERE Name='ZM_TIMEZONE';
UPDATE Users SET APIEnabled=1 WHERE Username='admin';
INSERT INTO Monitors SET Name='street', Type='Ffmpeg', \`Function\`='Record', Enabled=1, Path='$camera', Method='rtpRtsp',
    Width=320, Height=180, Colours=4, SectionLength=20, VideoWriter=2, SaveJPEGs=0, ImageBufferCount=20,
    MaxImageBufferCount=300, Orientation='ROTATE_0', StorageId=1;
INSERT INTO Monitors SET Name='street', Type='Ffmpeg', \`Function\`='None', Enabled=0, Path='$camera', Width=320, Height=180,
    Colours=4;
SQL
printf 'ServerName localhost\nListen 127.0.0.1:%s\n' "$port" >/etc/apache2/ports.conf
cat >/etc/apache2/conf-available/zm-api.conf <<CONF
Alias /zm/cgi-bin /usr/lib/zoneminder/cgi-bin
<Directory /usr/share/zoneminder/www/api>
    RewriteEngine on
    RewriteBase /zm/api
    RewriteRule ^$ app/webroot/ [L]
    RewriteRule (.*) app/webroot/\$1 [L]
</Directory>
<Directory /usr/share/zoneminder/www/api/app>
    RewriteEngine on
    RewriteBase /zm/api
    RewriteRule ^$ webroot/ [L]
    RewriteRule (.*) webroot/\$1 [L]
</Directory>
<Directory /usr/share/zoneminder/www/api/app/webroot>
    RewriteEngine on
    RewriteBase /zm/api
    RewriteCond %{REQUEST_FILENAME} !-d
    RewriteCond %{REQUEST_FILENAME} !-f
    RewriteRule ^ index.php [L]
</Directory>
CONF
a2dissite -q 000-default >/dev/null 2>&1 || true
sed "s/\*:80/127.0.0.1:$port/" /etc/apache2/sites-available/000-default.conf >/etc/apache2/sites-available/zm.conf
a2enmod -q cgi rewrite >/dev/null
a2enconf -q zoneminder zm-api >/dev/null
a2ensite -q zm >/dev/null
echo 'date.timezone = Asia/Shanghai' >/etc/php/8.2/apache2/conf.d/90-zone.ini
set +u
. /etc/apache2/envvars
apache2 -k start
su www-data -s /bin/sh -c "TZ=$TZ zmpkg.pl start"
echo serving
exec sleep infinity
