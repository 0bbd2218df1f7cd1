"""Words and signs of other query languages, and the operators of this one that mean the same."""

WORDS = {
    "eq": "==",
    "equals": "==",
    "is": "==",
    "ne": "!=",
    "neq": "!=",
    "not": "!=",
    "gte": "=ge=",
    "lte": "=le=",
    "contains": "=like=",
    "i": "=ic=",
    "ieq": "=ic=",
    "icontains": "=ilike=",
    "ilike": "=ilike=",
    "nin": "=out=",
    "notin": "=out=",
    "not in": "=out=",
    "not like": "=notlike=",
    "not ilike": "=inotlike=",
    "not between": "=notbetween=",
}
PATTERNS = ("startswith", "starts", "beginswith", "begins", "endswith", "ends")
"""Words for what a pattern says."""

EXPRESSIONS = ("regex", "regexp", "re", "matches")
"""Words for what no operator does."""

SIGNS = {
    "===": "==",
    "!==": "!=",
    "<>": "!=",
    "=!": "!=",
    "=>": ">=",
    "=<": "<=",
    "=~": "=like=",
    "~=": "=like=",
    "~": "=like=",
    "!": "!=",
    "=": "==",
    ">==": ">=",
    "<==": "<=",
}

WIDE = str.maketrans({"＝": "=", "＞": ">", "＜": "<", "！": "!", "≥": ">=", "≤": "<=", "≠": "!="})
