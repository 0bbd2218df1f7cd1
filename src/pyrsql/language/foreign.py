"""Words and signs of other query languages, and the operators of this one that mean the same."""

WORDS = {
    "eq": "==",
    "equals": "==",
    "exact": "==",
    "is": "==",
    "is not": "!=",
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
    "not contains": "=notlike=",
    "not ilike": "=inotlike=",
    "not between": "=notbetween=",
}
BEGINNINGS = ("startswith", "starts", "beginswith", "begins")
ENDINGS = ("endswith", "ends")
"""Words that mean a pattern."""

EXPRESSIONS = ("regex", "regexp", "re", "matches")
"""Words without an operator here."""

SIGNS = {
    "===": "==",
    "!==": "!=",
    "<>": "!=",
    "=!": "!=",
    "=!=": "!=",
    "=>": ">=",
    "=>=": ">=",
    "=<": "<=",
    "=<=": "<=",
    "=~": "=like=",
    "~=": "=like=",
    "~": "=like=",
    "~*": "=ilike=",
    "!~": "=notlike=",
    "!~*": "=inotlike=",
    "!": "!=",
    "=": "==",
    ">==": ">=",
    "<==": "<=",
}

OPPOSITES = {
    "equal": "!=",
    "not_equal": "==",
    "greater": "<=",
    "less_or_equal": ">",
    "less": ">=",
    "greater_or_equal": "<",
    "in": "=out=",
    "not_in": "=in=",
    "like": "=notlike=",
    "not_like": "=like=",
    "like_ignore_case": "=inotlike=",
    "not_like_ignore_case": "=ilike=",
    "between": "=notbetween=",
    "not_between": "=between=",
    "is_null": "=nn=",
    "is_not_null": "=na=",
}
"""The name of each operator, and the opposite operator."""

WIDE = str.maketrans({"＝": "=", "＞": ">", "＜": "<", "！": "!", "≥": ">=", "≤": "<=", "≠": "!="})
