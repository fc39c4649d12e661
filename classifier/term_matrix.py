"""Papers by terms: counts, weights and TF-IDF rows, for fitting many papers at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from classifier.features import count_terms, least_papers
from classifier.prediction import PaperText

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix


def count_matrix(texts: Sequence[PaperText]) -> tuple[list[str], csr_matrix]:
    """Count every term that stands in at least `least_papers` of them.

    Args:
        texts: The papers.

    Returns:
        Terms in alphabetical order, and counts of shape `(n_papers, n_terms)`.
    """
    counted = [count_terms(text) for text in texts]
    frequency: Counter[str] = Counter()
    for counts in counted:
        frequency.update(counts.keys())
    least = least_papers(len(texts))
    terms = sorted(term for term, papers in frequency.items() if papers >= least)
    return terms, _as_matrix(counted, terms)


def count_known(texts: Sequence[PaperText], terms: Sequence[str]) -> csr_matrix:
    """Count the given terms; shape `(n_papers, n_terms)`."""
    return _as_matrix([count_terms(text) for text in texts], terms)


def _as_matrix(counted: Sequence[Counter[str]], terms: Sequence[str]) -> csr_matrix:
    import numpy as np
    from scipy.sparse import csr_matrix

    column_of = {term: column for column, term in enumerate(terms)}
    indptr: list[int] = [0]
    indices: list[int] = []
    data: list[int] = []
    for counts in counted:
        row = sorted((column_of[term], count) for term, count in counts.items() if term in column_of)
        indices.extend(column for column, _ in row)
        data.extend(count for _, count in row)
        indptr.append(len(indices))
    return csr_matrix(
        (
            np.array(data, dtype=np.float64),
            np.array(indices, dtype=np.int64),
            np.array(indptr, dtype=np.int64),
        ),
        shape=(len(counted), len(terms)),
    )


def weigh_terms(counts: csr_matrix) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The columns with at least `least_papers` papers, and their inverse document frequencies."""
    import numpy as np

    papers = np.bincount(counts.indices, minlength=counts.shape[1])
    known = np.flatnonzero(papers >= least_papers(counts.shape[0]))
    return known, (np.log((1 + counts.shape[0]) / (1 + papers[known])) + 1.0).astype(np.float32)


def tfidf(counts: csr_matrix, known: NDArray[np.int64], idf: NDArray[np.float32]) -> csr_matrix:
    """TF-IDF rows of length 1 over the known columns; the same as `Vocabulary.vector` gives."""
    import numpy as np
    from scipy.sparse import csr_matrix

    kept = csr_matrix(counts[:, known])
    kept.sort_indices()
    kept.data = (1.0 + np.log(kept.data)) * idf[kept.indices]
    squares = np.sqrt(np.asarray(kept.multiply(kept).sum(axis=1)).ravel())
    kept.data /= np.repeat(np.where(squares > 0, squares, 1.0), np.diff(kept.indptr))
    return kept
