package io.linkspan.config;

import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Holds settings that can change while the gateway runs. One owner replaces them as a whole; any
 * thread reads them. A reader that needs several of them reads once.
 *
 * @param <T> immutable
 */
public final class Live<T> implements Supplier<T> {

  private volatile T value;

  public Live(T value) {
    this.value = value;
  }

  @Override
  public T get() {
    return value;
  }

  /** Replaces the settings; readers use the new ones from then on. */
  public void set(T value) {
    this.value = value;
  }

  /**
   * Returns a part of the settings, or something that is made of them. It is made once for each
   * value, and perhaps again on another thread.
   *
   * @param made without side effects
   */
  public <R> Supplier<R> view(Function<T, R> made) {
    return new View<>(this, made);
  }

  private static final class View<T, R> implements Supplier<R> {

    private record Made<T, R>(T source, R result) {}

    private final Live<T> live;
    private final Function<T, R> function;
    private volatile Made<T, R> made;

    View(Live<T> live, Function<T, R> function) {
      this.live = live;
      this.function = function;
      made = new Made<>(live.get(), function.apply(live.get()));
    }

    @Override
    public R get() {
      T source = live.get();
      Made<T, R> latest = made;
      if (latest.source() != source) {
        latest = new Made<>(source, function.apply(source));
        made = latest;
      }
      return latest.result();
    }
  }
}
