# SPDX-License-Identifier: Apache-2.0
# Gray, one pixel, very wide, CMYK, 16 bit, alpha, EXIF rotation.
for name in gray.png one_pixel.png wide.png cmyk.jpg deep.png alpha.png exif.jpg; do
  try classify "$DATA/$name"
done
