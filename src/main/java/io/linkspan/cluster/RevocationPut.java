package io.linkspan.cluster;

import com.hazelcast.map.EntryProcessor;
import com.hazelcast.map.ExtendedMapEntry;
import io.linkspan.api.Revocation;
import io.linkspan.revocation.RevocationList;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Adds an entry to the shared revocations, or merges it with the one that is there. It is removed
 * at its end.
 */
record RevocationPut(Revocation added) implements EntryProcessor<String, Revocation, Boolean> {

  @Override
  public Boolean process(Map.Entry<String, Revocation> entry) {
    Revocation before = entry.getValue();
    Revocation after = before == null ? added : RevocationList.merge(before, added);
    if (after.equals(before)) {
      return false;
    }
    long rest = after.until().toEpochMilli() - System.currentTimeMillis();
    ((ExtendedMapEntry<String, Revocation>) entry)
        .setValue(after, Math.max(1, rest), TimeUnit.MILLISECONDS);
    return true;
  }
}
