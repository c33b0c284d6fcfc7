package io.linkspan.cluster;

import java.util.Set;

/** A value that names nodes by their ids. */
interface NodeIds {

  Set<String> nodes();
}
