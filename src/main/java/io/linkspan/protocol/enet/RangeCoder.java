package io.linkspan.protocol.enet;

/**
 * ENet's adaptive range coder (§16): an order-2 context model with escapes that starts afresh for
 * every datagram. One object serves a whole host; it is used by one call at a time.
 *
 * <p>A node is a byte value with a count in its context, and at the same time the context for the
 * bytes that follow it. Siblings form a binary search tree, in which {@link #under} is the sum of
 * the counts of a node and everything left of it. Node 0 is the root context, which is never a
 * child, so 0 also means "none".
 */
final class RangeCoder {
  private static final int NODES = 4096;
  private static final int FULL = NODES - 2;
  private static final int ROOT = 0;
  private static final int MAXIMUM_ORDER = 2;

  private static final int ROOT_DELTA = 3;
  private static final int ROOT_MINIMUM = 1;
  private static final int ROOT_ESCAPES = 1;
  private static final int DELTA = 2;
  private static final int ESCAPE_DELTA = 5;

  private static final int TOP = 1 << 24;
  private static final int BOTTOM = 1 << 16;

  private final int[] value = new int[NODES];
  private final int[] count = new int[NODES];
  private final int[] under = new int[NODES];
  private final int[] left = new int[NODES];
  private final int[] right = new int[NODES];
  private final int[] tree = new int[NODES];
  private final int[] escapes = new int[NODES];
  private final int[] total = new int[NODES];
  private final int[] parent = new int[NODES];
  private int nodes;
  private int predicted;
  private int order;

  /** The contexts asked for one byte, highest order first, and the nodes it touched there. */
  private final int[] contexts = new int[MAXIMUM_ORDER + 1];

  private final int[] chain = new int[MAXIMUM_ORDER + 1];
  private int chainLength;

  // What touch() found, as it was before.
  private int touchedNode;
  private int touchedUnder;
  private int touchedCount;

  private int low;
  private int range;
  private int code;
  private byte[] bytes;
  private int position;
  private int limit;

  /**
   * Compresses {@code length} bytes.
   *
   * @return the length of the result, or 0 when it would not be shorter than {@code limit}
   */
  int compress(byte[] plain, int length, byte[] result, int limit) {
    begin(result, 0, limit);
    for (int i = 0; i < length; i++) {
      encode(plain[i] & 0xFF);
      if (position >= limit) {
        return 0;
      }
    }
    while (low != 0) {
      emit();
    }
    return position < limit ? position : 0;
  }

  /**
   * Expands a compressed stream.
   *
   * @param limit most bytes that the result may have
   * @return the length of the result, or -1 when the stream is invalid or its result too long
   */
  int expand(byte[] compressed, int from, int to, byte[] result, int limit) {
    begin(compressed, from, to);
    for (int i = 0; i < 4; i++) {
      code = code << 8 | next();
    }
    for (int length = 0; ; length++) {
      int symbol = decode();
      if (symbol == END) {
        return length;
      }
      if (symbol == INVALID || length == limit) {
        return -1;
      }
      result[length] = (byte) symbol;
    }
  }

  private static final int END = -1;
  private static final int INVALID = -2;

  private void begin(byte[] array, int from, int to) {
    bytes = array;
    position = from;
    limit = to;
    low = 0;
    code = 0;
    range = 0xFFFFFFFF;
    forget();
  }

  private void forget() {
    nodes = 1;
    tree[ROOT] = 0;
    escapes[ROOT] = ROOT_ESCAPES;
    total[ROOT] = ROOT_ESCAPES + 256 * ROOT_MINIMUM;
    parent[ROOT] = 0;
    predicted = ROOT;
    order = 0;
  }

  private void encode(int symbol) {
    chainLength = 0;
    for (int context = predicted; ; context = parent[context]) {
      if (context == ROOT) {
        touch(ROOT, symbol, ROOT_DELTA, ROOT_MINIMUM);
        narrow(escapes[ROOT] + touchedUnder, touchedCount, total[ROOT]);
        total[ROOT] += ROOT_DELTA;
        age(ROOT, touchedCount, ROOT_DELTA, ROOT_MINIMUM);
        break;
      }
      touch(context, symbol, DELTA, 0);
      if (touchedCount > 0) {
        narrow(escapes[context] + touchedUnder, touchedCount, total[context]);
        total[context] += DELTA;
        age(context, touchedCount, DELTA, 0);
        break;
      }
      if (canEscape(context)) {
        narrow(0, escapes[context], total[context]);
      }
      escaped(context);
    }
    link();
  }

  private int decode() {
    int asked = 0;
    int context = predicted;
    int symbol = INVALID;
    for (; context != ROOT; context = parent[context]) {
      contexts[asked++] = context;
      if (!canEscape(context)) {
        continue;
      }
      int where = read(total[context]);
      if (where < 0) {
        return INVALID;
      }
      if (where < escapes[context]) {
        consume(0, escapes[context]);
        continue;
      }
      symbol = locate(context, where - escapes[context], 0);
      if (symbol < 0) {
        return INVALID;
      }
      asked--;
      break;
    }
    if (context == ROOT) {
      int where = read(total[ROOT]);
      if (where < escapes[ROOT]) {
        return where < 0 ? INVALID : END;
      }
      symbol = locate(ROOT, where - escapes[ROOT], ROOT_MINIMUM);
      if (symbol < 0 || symbol > 0xFF) {
        return INVALID;
      }
    }
    int delta = context == ROOT ? ROOT_DELTA : DELTA;
    int minimum = context == ROOT ? ROOT_MINIMUM : 0;

    // The order that found it comes last in the chain: the higher ones learn it first.
    chainLength = 0;
    for (int i = 0; i < asked; i++) {
      touch(contexts[i], symbol, DELTA, 0);
      escaped(contexts[i]);
    }
    touch(context, symbol, delta, minimum);
    consume(escapes[context] + touchedUnder, touchedCount);
    total[context] += delta;
    age(context, touchedCount, delta, minimum);
    link();
    return symbol;
  }

  private boolean canEscape(int context) {
    return escapes[context] > 0 && escapes[context] < total[context];
  }

  private void escaped(int context) {
    if (touchedCount == 0) {
      escapes[context] += ESCAPE_DELTA;
      total[context] += ESCAPE_DELTA;
    }
    total[context] += DELTA;
    age(context, touchedCount, DELTA, 0);
  }

  /** Adds {@code delta} to a value's count, creating its node if need be. */
  private void touch(int context, int symbol, int delta, int minimum) {
    int before = symbol * minimum;
    int node = tree[context];
    if (node == 0) {
      node = tree[context] = create(symbol, delta);
      touched(node, before, minimum);
      return;
    }
    while (true) {
      int child;
      if (symbol < value[node]) {
        under[node] += delta;
        child = left[node];
        if (child == 0) {
          child = left[node] = create(symbol, delta);
          touched(child, before, minimum);
          return;
        }
      } else if (symbol > value[node]) {
        before += under[node];
        child = right[node];
        if (child == 0) {
          child = right[node] = create(symbol, delta);
          touched(child, before, minimum);
          return;
        }
      } else {
        before += under[node] - count[node];
        touched(node, before, minimum + count[node]);
        under[node] += delta;
        count[node] += delta;
        return;
      }
      node = child;
    }
  }

  private void touched(int node, int before, int width) {
    touchedNode = node;
    touchedUnder = before;
    touchedCount = width;
    chain[chainLength++] = touchedNode;
  }

  private int create(int symbol, int delta) {
    int node = nodes++;
    value[node] = symbol;
    count[node] = delta;
    under[node] = delta;
    left[node] = 0;
    right[node] = 0;
    tree[node] = 0;
    escapes[node] = 0;
    total[node] = 0;
    parent[node] = ROOT;
    return node;
  }

  /** The value whose interval contains {@code where}, or a negative number. */
  private int locate(int context, int where, int minimum) {
    int before = 0;
    int node = tree[context];
    while (node != 0) {
      int start = before + under[node] - count[node] + value[node] * minimum;
      if (where < start) {
        node = left[node];
      } else if (where >= start + count[node] + minimum) {
        before += under[node];
        node = right[node];
      } else {
        return value[node];
      }
    }
    return minimum == 0 ? -1 : where - before;
  }

  /** Halves the counts of a context before they grow out of their range. */
  private void age(int context, int width, int delta, int minimum) {
    if (width > 0xFF - 2 * delta + minimum || total[context] > BOTTOM - 0x100) {
      int sum = tree[context] == 0 ? 0 : halve(tree[context]);
      escapes[context] -= escapes[context] >> 1;
      total[context] = sum + escapes[context] + 256 * minimum;
    }
  }

  /** Depth is bounded by the 256 values of a context. */
  private int halve(int node) {
    count[node] -= count[node] >> 1;
    under[node] = count[node] + (left[node] == 0 ? 0 : halve(left[node]));
    return under[node] + (right[node] == 0 ? 0 : halve(right[node]));
  }

  private void link() {
    for (int i = 0; i + 1 < chainLength; i++) {
      parent[chain[i]] = chain[i + 1];
    }
    predicted = chain[0];
    if (order < MAXIMUM_ORDER) {
      order++;
    } else {
      predicted = parent[predicted];
    }
    if (nodes >= FULL) {
      forget();
    }
  }

  private void narrow(int from, int width, int of) {
    range = Integer.divideUnsigned(range, of);
    low += from * range;
    range *= width;
    while (settled()) {
      emit();
      range <<= 8;
    }
  }

  private void emit() {
    if (position < limit) {
      bytes[position] = (byte) (low >>> 24);
    }
    position++;
    low <<= 8;
  }

  private int read(int of) {
    range = Integer.divideUnsigned(range, of);
    if (range == 0) {
      return INVALID;
    }
    int where = Integer.divideUnsigned(code - low, range);
    return where >= 0 && where < of ? where : INVALID;
  }

  private void consume(int from, int width) {
    low += from * range;
    range *= width;
    while (settled()) {
      code = code << 8 | next();
      low <<= 8;
      range <<= 8;
    }
  }

  /** Whether the top byte of the interval is decided, or must be because it became too narrow. */
  private boolean settled() {
    if (Integer.compareUnsigned(low ^ (low + range), TOP) >= 0) {
      if (Integer.compareUnsigned(range, BOTTOM) >= 0) {
        return false;
      }
      range = -low & (BOTTOM - 1);
    }
    return true;
  }

  private int next() {
    return position < limit ? bytes[position++] & 0xFF : 0;
  }
}
