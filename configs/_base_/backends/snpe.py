# SPDX-License-Identifier: Apache-2.0
backend_config = dict(type='snpe')
