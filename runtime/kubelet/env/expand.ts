/**
 * Replaces `$(NAME)` by its value; `$$` is one `$`, and a reference that can't be resolved stays as it is
 * (third_party/forked/golang/expansion).
 */
export function expand(input: string, lookup: (name: string) => string | undefined): string {
  let output = '';
  let from = 0;
  for (let i = 0; i < input.length; i++) {
    if (input[i] !== '$' || i + 1 >= input.length) continue;
    output += input.slice(from, i);
    const next = input[i + 1];
    const close = next === '(' ? input.indexOf(')', i + 2) : -1;
    if (next === '$') {
      output += '$';
      i += 1;
    } else if (close >= 0) {
      const name = input.slice(i + 2, close);
      output += lookup(name) ?? `$(${name})`;
      i = close;
    } else {
      output += `$${next}`;
      i += 1;
    }
    from = i + 1;
  }
  return output + input.slice(from);
}
