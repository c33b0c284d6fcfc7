package io.linkspan.testing;

import io.linkspan.api.Revocation;
import io.linkspan.api.Revocation.Source;
import io.linkspan.revocation.RevocationList;
import io.linkspan.revocation.RevocationRules;
import io.linkspan.revocation.RevokedClients;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Revocations that every node of a test has at once. */
public final class TestRevocations implements RevokedClients {

  private final RevocationList list = new RevocationList(() -> 1_000);
  private final List<Consumer<Revocation>> listeners = new ArrayList<>();

  /** Adds an entry. */
  public void add(Revocation request) {
    Revocation entry =
        RevocationRules.complete(request, Source.OPERATOR, Instant.now(), Duration.ofDays(1));
    list.put(entry);
    listeners.forEach(listener -> listener.accept(entry));
  }

  @Override
  public boolean isComplete() {
    return true;
  }

  @Override
  public Revocation find(String user, String tokenId, long issuedAt) {
    return list.find(user, tokenId, issuedAt, System.currentTimeMillis());
  }

  @Override
  public Revocation findNetwork(String address) {
    return list.findNetwork(address, System.currentTimeMillis());
  }

  @Override
  public void listen(Consumer<Revocation> listener) {
    listeners.add(listener);
  }
}
