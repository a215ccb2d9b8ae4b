# SPDX-License-Identifier: Apache-2.0
# Each: usage and one line on standard error, status 2.
try mmdeploy
try mmdeploy --verson
try mmdeploy inspct
try mmdeploy frobnicate
try mmdeploy checkpoint
try mmdeploy checkpoint renam
try mmdeploy run
try mmdeploy run oracle
