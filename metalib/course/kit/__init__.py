"""What several notebooks stand on.

exercises    exercise (the learner's functions at work), verdict, time_limit, as_before, errors, gradient_errors,
             parameters, episode_sampler, sampler_habits
widgets      widget and graph (the base of all, with the scripts they share)
questions    question, estimate, ordering; answering (what they share)
pages        page (what each room's `plots` hands on): figures, tables, reveal, scores, start; markup
figures      colours, plots, plane
evaluation   exams, board, scores, results, audit, lookup
experiments  study, timing, initial
"""
