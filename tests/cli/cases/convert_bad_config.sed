s/of this build; .* are$/of this build; .../
