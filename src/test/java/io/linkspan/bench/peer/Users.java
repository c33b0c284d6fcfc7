package io.linkspan.bench.peer;

import java.util.List;
import java.util.stream.IntStream;

/** Consecutive users, one for each client of a fleet. A {@link Publisher} addresses them. */
public record Users(int first, int count) {

  /** Returns so many users, from the first one on. */
  public static Users of(int count) {
    return new Users(0, count);
  }

  /** Returns parts of equal size, as nearly as possible, which together are these users. */
  public List<Users> split(int parts) {
    return IntStream.range(0, parts)
        .mapToObj(part -> new Users(first + start(part, parts), size(part, parts)))
        .toList();
  }

  private int start(int part, int parts) {
    return (int) ((long) count * part / parts);
  }

  private int size(int part, int parts) {
    return start(part + 1, parts) - start(part, parts);
  }
}
