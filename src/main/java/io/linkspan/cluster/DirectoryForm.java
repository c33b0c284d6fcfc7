package io.linkspan.cluster;

import com.hazelcast.cluster.Member;
import io.vertx.core.Future;
import java.util.Collection;

/** Form of the entries in the directory, which all nodes of a cluster have in common. */
final class DirectoryForm {

  /** The form of this version: one entry holds all sessions of a user. */
  static final String CURRENT = "2";

  private DirectoryForm() {}

  /** Fails when a node has another form: neither would find the sessions of the other. */
  static Future<Void> check(Collection<Member> members) {
    for (Member member : members) {
      if (member.getAttribute(DirectoryNames.NODE) != null
          && !CURRENT.equals(member.getAttribute(DirectoryNames.FORM))) {
        return Future.failedFuture(
            "the node at %s has a directory of another form, since its version is another one; end all nodes of that version first, or give this one another cluster.name"
                .formatted(member.getAddress()));
      }
    }
    return Future.succeededFuture();
  }
}
