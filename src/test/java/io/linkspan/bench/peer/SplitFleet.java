package io.linkspan.bench.peer;

import io.linkspan.testing.ClientLog;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** A fleet of several, each with a part of the clients. */
public final class SplitFleet implements Fleet {

  /** Starts the clients of a part. */
  public interface Starter {
    Fleet start(Users users) throws IOException, InterruptedException;
  }

  private final List<Fleet> parts = new ArrayList<>();

  private SplitFleet() {}

  /** Starts all parts. When one does not start, the others are closed. */
  public static SplitFleet start(List<Users> parts, Starter starter)
      throws IOException, InterruptedException {
    var fleet = new SplitFleet();
    try {
      for (Users users : parts) {
        fleet.parts.add(starter.start(users));
      }
      return fleet;
    } catch (IOException | InterruptedException | RuntimeException e) {
      fleet.close();
      throw e;
    }
  }

  @Override
  public int connected() throws IOException {
    int sum = 0;
    for (Fleet part : parts) {
      sum += part.connected();
    }
    return sum;
  }

  @Override
  public void startCutting(long periodMs, long awayMs) throws IOException {
    for (Fleet part : parts) {
      part.startCutting(periodMs, awayMs);
    }
  }

  @Override
  public void stopCutting() throws IOException {
    for (Fleet part : parts) {
      part.stopCutting();
    }
  }

  @Override
  public List<ClientLog> logs() throws IOException {
    List<ClientLog> all = new ArrayList<>();
    for (Fleet part : parts) {
      all.addAll(part.logs());
    }
    return all;
  }

  /** Closes all parts, also when one of them fails. */
  @Override
  public void close() throws IOException {
    IOException failure = null;
    for (Fleet part : parts) {
      try {
        part.close();
      } catch (IOException e) {
        failure = e;
      }
    }
    if (failure != null) {
      throw failure;
    }
  }
}
