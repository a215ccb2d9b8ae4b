# SPDX-License-Identifier: Apache-2.0
try mmdeploy checkpoint rename "$RESNET/checkpoint.pth" out.pth
try mmdeploy checkpoint rename --rules missing "$RESNET/checkpoint.pth" out.pth
echo 'head -> tail' >few
try mmdeploy checkpoint rename --rules few "$RESNET/checkpoint.pth" out.pth 2>&1 | sed "s|$SOURCE|@SOURCE@|" | cut -c 1-160
printf '.*\\.bn1\\.weight -> same\n.* ->\n' >same
try mmdeploy checkpoint rename --rules same "$RESNET/checkpoint.pth" out.pth
echo '(a -> b' >expression
try mmdeploy checkpoint rename --rules expression "$RESNET/checkpoint.pth" out.pth
ls
