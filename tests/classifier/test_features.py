from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer

from classifier.features import TITLE_WEIGHT, count_terms, learn_vocabulary, words
from classifier.prediction import PaperText
from classifier.term_matrix import count_matrix, tfidf, weigh_terms

PAPERS = [
    PaperText("1", "Naïve Bayes revisited", "We revisit naive Bayes. Bayes was right."),
    PaperText("2", "Language models", "Language models are naïve learners of language."),
    PaperText("3", "Terns and language", "Terns have no language models."),
    PaperText("4", "", "Terns and models and Bayes."),
]


def test_words_are_folded_and_know_their_place() -> None:
    text = "Naïve GPT-4 é a ﬁne ΜΟΝΤΕΛΑ"
    found = words(text)
    assert [word.form for word in found] == ["naive", "gpt", "fine", "μοντελα"]
    assert [text[word.start :].split(maxsplit=1)[0] for word in found] == ["Naïve", "GPT-4", "ﬁne", "ΜΟΝΤΕΛΑ"]


def test_the_title_counts_three_times_and_pairs_do_not_cross_it() -> None:
    counts = count_terms(PaperText("1", "red bird", "bird flies"))
    assert counts == {"red": 3, "bird": 4, "red bird": 3, "flies": 1, "bird flies": 1}
    assert TITLE_WEIGHT == 3


def test_vector_equals_scikit_learn_s() -> None:
    ours = learn_vocabulary(PAPERS, min_papers=1)
    theirs = TfidfVectorizer(
        analyzer=lambda paper: list(count_terms(paper).elements()), sublinear_tf=True
    ).fit(PAPERS)
    assert ours.terms == tuple(theirs.get_feature_names_out())
    for paper in PAPERS:
        vector = ours.vector(paper)
        dense = np.zeros(len(ours.terms))
        dense[vector.columns] = vector.values
        np.testing.assert_allclose(dense, theirs.transform([paper]).toarray()[0], atol=1e-6)


def test_training_and_prediction_make_the_same_vectors() -> None:
    papers = PAPERS * 3
    terms, counts = count_matrix(papers)
    known, idf = weigh_terms(counts)
    rows = tfidf(counts, known, idf)
    vocabulary = learn_vocabulary(papers)
    assert vocabulary.terms == tuple(terms[column] for column in known)
    np.testing.assert_array_equal(vocabulary.idf, idf)
    for row, paper in enumerate(papers):
        vector = vocabulary.vector(paper)
        np.testing.assert_array_equal(rows[row].indices, vector.columns)
        np.testing.assert_allclose(rows[row].data, vector.values, rtol=1e-6)


@settings(max_examples=80, deadline=None)
@given(title=st.text(max_size=60), abstract=st.text(max_size=300))
def test_any_text_has_a_vector_of_length_one_or_none(title: str, abstract: str) -> None:
    vocabulary = learn_vocabulary(PAPERS, min_papers=1)
    vector = vocabulary.vector(PaperText("x", title + " bayes" * (len(abstract) % 2), abstract))
    length = float(np.linalg.norm(vector.values))
    assert length == 0 or abs(length - 1) < 1e-5
    assert (np.diff(vector.columns) > 0).all()
