s/"score": [0-9.]*/"score": S/
