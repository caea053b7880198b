#!/bin/bash
# answers.sh PORT PATH: whether a server in this container answers GET PATH with 200. For images without curl.
exec 3<>"/dev/tcp/127.0.0.1/$1" || exit 1
printf 'GET %s HTTP/1.0\r\nHost: localhost\r\n\r\n' "$2" >&3
read -r -t 5 _ status _ <&3 && [ "$status" = 200 ]
