package io.linkspan.session;

import io.linkspan.log.Appended;
import io.linkspan.log.LogBounds;
import io.linkspan.log.LogPosition;
import io.linkspan.log.LogRead;
import io.linkspan.log.LogStore;
import io.linkspan.log.NewEntry;
import io.linkspan.testing.VirtualTime;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Gives one node of a simulation access to a store that all nodes share. Each call and its answer
 * take a random time.
 */
record SimulatedLogStore(VirtualTime time, Random random, Consumer<Runnable> loop, LogStore store)
    implements LogStore {

  private static final int LONGEST_MS = 30;

  private <T> Future<T> later(Supplier<Future<T>> call) {
    Promise<T> answer = Promise.promise();
    time.schedule(
        1 + random.nextInt(LONGEST_MS),
        () -> {
          Future<T> done = call.get();
          time.schedule(
              1 + random.nextInt(LONGEST_MS), () -> loop.accept(() -> done.onComplete(answer)));
        });
    return answer.future();
  }

  @Override
  public Future<Void> start() {
    return store.start();
  }

  @Override
  public Future<Appended> append(String log, List<NewEntry> entries, LogBounds bounds, long now) {
    return later(() -> store.append(log, entries, bounds, now));
  }

  @Override
  public Future<LogRead> read(
      String log, LogPosition from, int maxEntries, long maxBytes, long now) {
    return later(() -> store.read(log, from, maxEntries, maxBytes, now));
  }

  @Override
  public Future<Integer> remove(String log, long epoch, Collection<Long> offsets) {
    List<Long> copy = List.copyOf(offsets);
    return later(() -> store.remove(log, epoch, copy));
  }

  @Override
  public Future<Integer> trim(String log, LogPosition to) {
    return later(() -> store.trim(log, to));
  }

  @Override
  public Future<Void> delete(String log) {
    return later(() -> store.delete(log));
  }

  @Override
  public Future<Map<String, Integer>> expire(long now) {
    return later(() -> store.expire(now));
  }

  @Override
  public Future<Void> close() {
    return store.close();
  }
}
