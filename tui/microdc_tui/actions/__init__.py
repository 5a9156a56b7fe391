"""What can be done with what is selected: values, made of a subject and what is known of it. Nothing here acts."""
