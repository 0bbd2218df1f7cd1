// The index of the search holds words: a sign alone is looked for by its name, which is a title of reference/signs.md.
const NAMES = {
  "=": "+equal +not", "==": "+equal +not", "!=": "+equal +not", "!": "+equal +not",
  ">": "+greater +less", ">=": "+greater +less", "<": "+greater +less", "<=": "+greater +less",
  ";": "semicolon", ",": "+comma +separates", "(": "parentheses", ")": "parentheses", "()": "parentheses",
  "*": "asterisk", "^": "+caret +letter", "'": "quotes", '"': "quotes", "\\": "backslash",
  ".": "dot", "-": "minus", "+": "plus", "@": "function", "[": "brackets", "]": "brackets", "[]": "brackets",
  "|": "bar", "#": "hash", "&": "ampersand", "%": "percent",
};
const QUERY = 2;
const post = Worker.prototype.postMessage;

Worker.prototype.postMessage = function (message, ...others) {
  const name = message?.type === QUERY ? NAMES[String(message.data).trim()] : undefined;
  return post.call(this, name === undefined ? message : { ...message, data: name }, ...others);
};
